//! Methods and arguments as they are written in Rust.

use std::fmt;

use crate::model::{Argument, Method};

impl fmt::Display for Method {
    /// The signature, as in a trait: `async fn div(&self, a: f64, b: f64) -> f64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "async fn {}(&self", self.name)?;
        for argument in &self.arguments {
            write!(f, ", {argument}")?;
        }
        f.write_str(")")?;
        let returns = &self.returns;
        match &self.error {
            Some(error) if error != returns => write!(f, " -> Result<{returns}, {error}>"),
            None if returns == "()" => Ok(()),
            _ => write!(f, " -> {returns}"),
        }
    }
}

impl fmt::Display for Argument {
    /// As in a signature, with what else callers must know:
    /// `#[rpc(default)] copies: u32`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.default {
            f.write_str("#[rpc(default)] ")?;
        }
        if self.rest {
            f.write_str("#[rpc(rest)] ")?;
        }
        write!(f, "{}: {}", self.name, self.type_text)
    }
}
