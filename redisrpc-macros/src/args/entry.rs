//! The grammar: `key` and `key = value`, and which keys there are.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Expr, ExprLit, Lit, LitStr, Path, Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use crate::diag::{Errors, did_you_mean, listed};

/// Where a key can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Service,
    Stub,
    Method,
    Argument,
}

/// Every key: its name, the places where it is known, and how it is written.
const KEYS: [(&str, &[Place], &str); 18] = [
    ("client", &[Place::Service, Place::Stub], "client = Name"),
    ("queue", &[Place::Service, Place::Stub], "queue = \"calc\""),
    (
        "rename_all",
        &[Place::Service],
        "rename_all = \"camelCase\"",
    ),
    (
        "contract",
        &[Place::Service],
        "contract = \"calc.contract.json\"",
    ),
    (
        "crate",
        &[Place::Service, Place::Stub],
        "crate = path::to::redisrpc",
    ),
    (
        "name",
        &[Place::Method, Place::Argument],
        "name = \"wire_name\"",
    ),
    (
        "alias",
        &[Place::Method, Place::Argument],
        "alias = \"other_name\"",
    ),
    ("skip", &[Place::Method], "skip"),
    ("oneway", &[Place::Method], "oneway"),
    ("idempotent", &[Place::Method], "idempotent"),
    ("blocking", &[Place::Method], "blocking"),
    ("detached", &[Place::Method], "detached"),
    ("timeout", &[Place::Method], "timeout = \"5s\""),
    ("named", &[Place::Method], "named"),
    ("default", &[Place::Argument], "default"),
    ("rest", &[Place::Argument], "rest"),
    // What other libraries call it; known so that the answer can be exact.
    ("rename", &[], "name = \"wire_name\""),
    ("aliases", &[], "alias = \"other_name\""),
];

impl Place {
    fn keys(self) -> impl Iterator<Item = &'static str> {
        KEYS.iter()
            .filter(move |(_, places, _)| places.contains(&self))
            .map(|(name, ..)| *name)
    }

    fn article(self) -> &'static str {
        match self {
            Self::Service => "the service, in `#[service(…)]`",
            Self::Stub => "a stub, in `contract!(…)`",
            Self::Method => "a method, in `#[rpc(…)]`",
            Self::Argument => "an argument, in `#[rpc(…)]`",
        }
    }
}

/// What a key was set to.
pub(super) enum Value {
    Nothing,
    /// `key =`
    CutOff(Token![=]),
    Expr(Box<Expr>),
    /// `impl` or `impl Name`
    Impl(Token![impl], Option<Ident>),
}

/// A key, its name and its value.
pub(super) struct Entry {
    pub(super) key: Ident,
    pub(super) value: Value,
}

impl Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            let text = "expected an option, such as `name = \"…\"`";
            return Err(input.error(text));
        }
        let key = Ident::parse_any(input)?;
        if !input.peek(Token![=]) {
            return Ok(Self {
                key,
                value: Value::Nothing,
            });
        }
        let equals = input.parse()?;
        let value = if input.is_empty() || input.peek(Token![,]) {
            Value::CutOff(equals)
        } else if input.peek(Token![impl]) {
            let token = input.parse()?;
            let has_name = !input.is_empty() && !input.peek(Token![,]);
            Value::Impl(token, has_name.then(|| input.parse()).transpose()?)
        } else {
            Value::Expr(input.parse()?)
        };
        Ok(Self { key, value })
    }

    /// All entries up to the first that cannot be read.
    pub(super) fn list(tokens: TokenStream, errors: &mut Errors) -> Vec<Self> {
        let read = |input: ParseStream<'_>| Ok(Self::parse_list(input, errors));
        read.parse2(tokens).unwrap_or_default()
    }

    fn parse_list(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Self> {
        let mut entries = Vec::new();
        while !input.is_empty() {
            let entry = Self::parse(input).and_then(|entry| {
                if !input.is_empty() && !input.peek(Token![,]) {
                    let key = &entry.key;
                    return Err(input.error(format_args!("expected `,` after `{key}`")));
                }
                let _: Option<Token![,]> = input.parse()?;
                Ok(entry)
            });
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    errors.push(error);
                    // The rest is not looked at; it is not to be complained about.
                    let _ = input.parse::<TokenStream>();
                }
            }
        }
        entries
    }

    fn usage(&self) -> &'static str {
        KEYS.iter()
            .find(|(name, ..)| self.key == name)
            .map_or("", |(.., usage)| usage)
    }

    /// The value of a key that takes none.
    pub(super) fn flag(&self, errors: &mut Errors) -> Option<Ident> {
        let key = &self.key;
        match &self.value {
            Value::Nothing => return Some(key.clone()),
            Value::CutOff(token) => {
                errors.at(token, format_args!("`{key}` takes no value; write `{key}`"));
            }
            Value::Expr(expr) => {
                errors.at(expr, format_args!("`{key}` takes no value; write `{key}`"));
            }
            Value::Impl(token, _) => {
                errors.at(token, format_args!("`{key}` takes no value; write `{key}`"));
            }
        }
        None
    }

    /// The value of a key that takes a text.
    pub(super) fn string(&self, errors: &mut Errors) -> Option<LitStr> {
        let (key, usage) = (&self.key, self.usage());
        match &self.value {
            Value::Expr(expr) => {
                if let Some(text) = string_literal(expr) {
                    if text.value().is_empty() {
                        errors.at(expr, format_args!("`{key}` is empty; write `{usage}`"));
                        return None;
                    }
                    return Some(text.clone());
                }
                errors.at(
                    expr,
                    format_args!("`{key}` takes a string; write `{usage}`"),
                );
            }
            Value::Impl(token, _) => {
                errors.at(
                    token,
                    format_args!("`{key}` takes a string; write `{usage}`"),
                );
            }
            Value::Nothing | Value::CutOff(_) => {
                errors.at(key, format_args!("`{key}` needs a value; write `{usage}`"));
            }
        }
        None
    }

    /// The value of a key that takes a path.
    pub(super) fn path(&self, errors: &mut Errors) -> Option<Path> {
        let (key, usage) = (&self.key, self.usage());
        match &self.value {
            Value::Expr(expr) => {
                if let Expr::Path(path) = ungrouped(expr)
                    && path.qself.is_none()
                {
                    return Some(path.path.clone());
                }
                // `"crate::rpc"` in quotes is how other macros take it.
                errors.at(
                    expr,
                    format_args!("`{key}` takes a path without quotes; write `{usage}`"),
                );
            }
            Value::Impl(token, _) => {
                errors.at(token, format_args!("`{key}` takes a path; write `{usage}`"));
            }
            Value::Nothing | Value::CutOff(_) => {
                errors.at(key, format_args!("`{key}` needs a value; write `{usage}`"));
            }
        }
        None
    }
}

/// Notes a key that is not known in this place.
pub(super) fn unknown(key: &Ident, place: Place, errors: &mut Errors) {
    let known = KEYS.iter().find(|(name, ..)| key == name);
    let text = match known {
        Some((_, [], usage)) => format!("unknown option `{key}`; write `{usage}`"),
        Some((_, places, _)) => {
            let places: Vec<_> = places.iter().map(|place| place.article()).collect();
            format!("`{key}` goes on {}", places.join(" or on "))
        }
        None => match did_you_mean(&key.to_string(), place.keys()) {
            Some(meant) => format!("unknown option `{key}`; did you mean `{meant}`?"),
            None => format!(
                "unknown option `{key}`; known here are {}",
                listed(place.keys())
            ),
        },
    };
    errors.at(key, text);
}

fn string_literal(expr: &Expr) -> Option<&LitStr> {
    match ungrouped(expr) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}

/// The expression inside the delimiters that `macro_rules!` puts around it.
fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        _ => expr,
    }
}
