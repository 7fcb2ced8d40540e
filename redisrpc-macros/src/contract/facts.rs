//! A service as its callers see it: what its contract says, and its descriptor.

use redisrpc_contract as contract;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::{
    model::{Argument, Carried, Method, Returns, Service},
    names::WireName,
    ty,
};

/// The whole service. What is under `cfg` is there; of several that exclude each
/// other, the first.
pub(super) fn contract(service: &Service) -> contract::Contract {
    let mut contract = contract::Contract::new(service.name.to_string());
    contract.doc = doc(&service.attrs);
    for it in &service.methods {
        if contract.method(&it.wire.text).is_none() {
            contract.methods.push(method(it));
        }
    }
    contract
}

/// One method.
pub(crate) fn method(method: &Method) -> contract::Method {
    let mut facts = contract::Method::new(method.wire.text.clone());
    facts.doc = doc(&method.attrs);
    for it in &method.arguments {
        if facts.argument(&it.wire.text).is_none() {
            facts.arguments.push(argument(it));
        }
    }
    (facts.returns, facts.error) = match &method.returns {
        Returns::Unit => ("()".to_owned(), None),
        Returns::Value(ty) => (ty::text(ty), None),
        Returns::Result(_, Some(both)) => (ty::text(&both.0), Some(ty::text(&both.1))),
        Returns::Result(ty, None) => (ty::text(ty), Some(ty::text(ty))),
        Returns::Stream(items) => {
            let error = items.error.as_ref().map(ty::text);
            (format!("Stream<{}>", ty::text(&items.ty)), error)
        }
    };
    facts.timeout_ms = method.timeout.as_ref().map(|timeout| timeout.ms);
    facts.oneway = method.oneway.is_some();
    facts.idempotent = method.idempotent.is_some();
    facts.aliases = texts(&method.aliases);
    facts
}

/// One argument.
pub(crate) fn argument(argument: &Argument) -> contract::Argument {
    let mut facts = contract::Argument::new(argument.wire.text.clone(), ty::text(&argument.ty));
    facts.default = argument.default.is_some();
    facts.rest = argument.rest.is_some();
    facts.aliases = texts(&argument.aliases);
    facts
}

fn texts(names: &[WireName]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}

/// The documentation as text, without the space that `///` leaves in front.
pub(crate) fn doc(attrs: &Carried) -> String {
    let lines: Vec<String> = attrs.doc.iter().filter_map(line_of).collect();
    let text = lines.join("\n");
    text.trim().to_owned()
}

fn line_of(doc: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &doc.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(line),
        ..
    }) = &pair.value
    else {
        return None;
    };
    let line = line.value();
    Some(line.strip_prefix(' ').unwrap_or(&line).to_owned())
}
