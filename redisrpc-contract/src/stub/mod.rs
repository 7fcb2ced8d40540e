//! Clients for other languages, written from a contract: one file each, typed, and
//! without anything to install but a connection to Redis.
//!
//! They speak the wire of 2012, so old servers understand them too, and add the
//! `context` by which servers of this crate tell errors with their code and data and
//! drop requests that nobody waits for any more. Each call waits at a reply queue of
//! its own.

mod arguments;
mod kind;
pub(crate) mod names;
mod python;
mod typescript;

pub use self::{python::python, typescript::typescript};

use crate::{
    model::{Contract, Method},
    types::Type,
};

/// What a call of the method gives.
fn returned(method: &Method) -> Type {
    let ty = Type::read(&method.returns);
    match ty.named() {
        // An alias such as `io::Result<f64>`.
        Some(("Result", [value, ..])) if method.error.is_some() => value.clone(),
        _ => ty,
    }
}

/// What the documentation of the client says.
fn service_doc(contract: &Contract) -> String {
    let summary = format!("Calls the service `{}`.", contract.service);
    match contract.doc.as_str() {
        "" => summary,
        doc => format!("{summary}\n\n{doc}"),
    }
}

/// What the documentation of a method says: what the contract does, and how the
/// method looks in Rust.
fn documentation(method: &Method) -> String {
    let doc = if method.doc.is_empty() {
        format!("Calls `{}`.", method.name)
    } else {
        method.doc.clone()
    };
    format!("{doc}\n\nIn Rust: `{method}`")
}

/// The text as a literal, which is the same in JSON and in both languages.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
