//! What stands in the parentheses of `#[service(…)]` and `#[rpc(…)]`.
//!
//! The grammar is one for all: `key`, `key = value`, separated by commas. A
//! [`Slot`] takes the value of one key and reports a second one itself.

use proc_macro2::Ident;
use syn::{
    Attribute, Expr, ExprLit, Lit, LitStr, Path, Token,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _},
};

use crate::{
    diag::{Errors, did_you_mean, listed},
    names::Rule,
};

/// Where a key can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Service,
    Method,
    Argument,
}

/// Every key: its name, the places where it is known, and how it is written.
const KEYS: [(&str, &[Place], &str); 16] = [
    ("client", &[Place::Service], "client = Name"),
    ("queue", &[Place::Service], "queue = \"calc\""),
    (
        "rename_all",
        &[Place::Service],
        "rename_all = \"camelCase\"",
    ),
    ("crate", &[Place::Service], "crate = path::to::redisrpc"),
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
            Self::Method => "a method, in `#[rpc(…)]`",
            Self::Argument => "an argument, in `#[rpc(…)]`",
        }
    }
}

/// What a key was set to.
enum Value {
    Nothing,
    Expr(Box<Expr>),
    /// `impl` or `impl Name`
    Impl(Token![impl], Option<Ident>),
}

/// A key, its name and its value.
struct Entry {
    key: Ident,
    value: Value,
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
        input.parse::<Token![=]>()?;
        let value = if input.is_empty() || input.peek(Token![,]) {
            Value::Nothing
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
                    let _ = input.parse::<proc_macro2::TokenStream>();
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
    fn flag(&self, errors: &mut Errors) -> Option<Ident> {
        let key = &self.key;
        match &self.value {
            Value::Nothing => return Some(key.clone()),
            Value::Expr(expr) => {
                errors.at(expr, format_args!("`{key}` takes no value; write `{key}`"));
            }
            Value::Impl(token, _) => {
                errors.at(token, format_args!("`{key}` takes no value; write `{key}`"));
            }
        }
        None
    }

    fn string(&self, errors: &mut Errors) -> Option<LitStr> {
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
            Value::Nothing => {
                errors.at(key, format_args!("`{key}` needs a value; write `{usage}`"))
            }
        }
        None
    }

    fn path(&self, errors: &mut Errors) -> Option<Path> {
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
            Value::Nothing => {
                errors.at(key, format_args!("`{key}` needs a value; write `{usage}`"))
            }
        }
        None
    }
}

/// The value of one key.
pub(crate) struct Slot<T>(Option<(Ident, T)>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    fn set(&mut self, key: &Ident, value: Option<T>, errors: &mut Errors) {
        match (&self.0, value) {
            (Some((first, _)), _) => {
                errors.twice(
                    key,
                    first,
                    format_args!("`{key}` is given twice; remove one"),
                );
            }
            (None, Some(value)) => self.0 = Some((key.clone(), value)),
            (None, None) => {}
        }
    }

    /// The key, if it was given.
    pub(crate) fn key(&self) -> Option<&Ident> {
        self.0.as_ref().map(|(key, _)| key)
    }

    /// The key and its value, if it was given.
    pub(crate) fn pair(self) -> Option<(Ident, T)> {
        self.0
    }

    /// The value, if the key was given.
    pub(crate) fn get(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

/// The options of a service.
#[derive(Default)]
pub(crate) struct ServiceArgs {
    pub(crate) client: Slot<(Option<Ident>, Option<Token![impl]>)>,
    pub(crate) queue: Slot<LitStr>,
    pub(crate) rename_all: Slot<Rule>,
    pub(crate) krate: Slot<Path>,
}

/// The options of a method.
#[derive(Default)]
pub(crate) struct MethodArgs {
    /// Whether there was an `#[rpc]` at all.
    pub(crate) present: bool,
    pub(crate) name: Slot<LitStr>,
    pub(crate) alias: Vec<LitStr>,
    pub(crate) skip: Slot<Ident>,
    pub(crate) oneway: Slot<Ident>,
    pub(crate) idempotent: Slot<Ident>,
    pub(crate) blocking: Slot<Ident>,
    pub(crate) timeout: Slot<u64>,
    pub(crate) named: Slot<Ident>,
}

/// The options of an argument.
#[derive(Default)]
pub(crate) struct ArgumentArgs {
    pub(crate) name: Slot<LitStr>,
    pub(crate) alias: Vec<LitStr>,
    pub(crate) default: Slot<(Ident, Option<Box<Expr>>)>,
    pub(crate) rest: Slot<Ident>,
}

/// Reads what stands in `#[service(…)]`.
pub(crate) fn service(input: proc_macro2::TokenStream, errors: &mut Errors) -> ServiceArgs {
    let mut args = ServiceArgs::default();
    let read = |input: ParseStream<'_>| Ok(Entry::parse_list(input, errors));
    let entries = read.parse2(input).unwrap_or_default();
    for entry in entries {
        let key = &entry.key;
        match key.to_string().as_str() {
            "client" => args.client.set(key, client(&entry, errors), errors),
            "queue" => args.queue.set(key, entry.string(errors), errors),
            "rename_all" => args.rename_all.set(key, rename_all(&entry, errors), errors),
            "crate" => args.krate.set(key, entry.path(errors), errors),
            _ => unknown(key, Place::Service, errors),
        }
    }
    args
}

/// Reads a method's `#[rpc(…)]`.
pub(crate) fn method(attrs: &[Attribute], errors: &mut Errors) -> MethodArgs {
    let mut args = MethodArgs::default();
    args.present = !attrs.is_empty();
    for entry in entries(attrs, errors) {
        let key = &entry.key;
        match key.to_string().as_str() {
            "name" => args.name.set(key, entry.string(errors), errors),
            "alias" => args.alias.extend(entry.string(errors)),
            "skip" => args.skip.set(key, entry.flag(errors), errors),
            "oneway" => args.oneway.set(key, entry.flag(errors), errors),
            "idempotent" => args.idempotent.set(key, entry.flag(errors), errors),
            "blocking" => args.blocking.set(key, entry.flag(errors), errors),
            "timeout" => args.timeout.set(key, timeout(&entry, errors), errors),
            "named" => args.named.set(key, entry.flag(errors), errors),
            _ => unknown(key, Place::Method, errors),
        }
    }
    args
}

/// Reads an argument's `#[rpc(…)]`.
pub(crate) fn argument(attrs: &[Attribute], errors: &mut Errors) -> ArgumentArgs {
    let mut args = ArgumentArgs::default();
    for entry in entries(attrs, errors) {
        let key = &entry.key;
        match key.to_string().as_str() {
            "name" => args.name.set(key, entry.string(errors), errors),
            "alias" => args.alias.extend(entry.string(errors)),
            "rest" => args.rest.set(key, entry.flag(errors), errors),
            "default" => args.default.set(key, default(&entry, errors), errors),
            _ => unknown(key, Place::Argument, errors),
        }
    }
    args
}

/// The entries of the one `#[rpc]` there may be.
fn entries(attrs: &[Attribute], errors: &mut Errors) -> Vec<Entry> {
    if let [first, again, ..] = attrs {
        let text = "a second `#[rpc]`; put all options into one: `#[rpc(a, b)]`";
        errors.twice(again, first, text);
    }
    let Some(attr) = attrs.first() else {
        return Vec::new();
    };
    match &attr.meta {
        syn::Meta::Path(_) => Vec::new(),
        syn::Meta::List(list) => {
            let read = |input: ParseStream<'_>| Ok(Entry::parse_list(input, errors));
            read.parse2(list.tokens.clone()).unwrap_or_default()
        }
        syn::Meta::NameValue(pair) => {
            errors.at(pair, "options stand in parentheses: `#[rpc(name = \"…\")]`");
            Vec::new()
        }
    }
}

fn unknown(key: &Ident, place: Place, errors: &mut Errors) {
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

fn client(entry: &Entry, errors: &mut Errors) -> Option<(Option<Ident>, Option<Token![impl]>)> {
    if let Value::Impl(token, name) = &entry.value {
        return Some((name.clone(), Some(*token)));
    }
    let path = entry.path(errors)?;
    if path.get_ident().is_none() {
        let text = "`client` takes the name of the struct to generate, not a path";
        errors.at(&path, text);
    }
    Some((Some(path.get_ident()?.clone()), None))
}

fn rename_all(entry: &Entry, errors: &mut Errors) -> Option<Rule> {
    let text = entry.string(errors)?;
    let rule = Rule::named(&text.value());
    if rule.is_none() {
        let value = text.value();
        let help = match did_you_mean(&value, Rule::names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known are {}", listed(Rule::names())),
        };
        errors.at(&text, format_args!("unknown spelling `{value}`; {help}"));
    }
    rule
}

/// `"200ms"`, `"5s"`, `"2m"`, `"1h"` in milliseconds.
fn timeout(entry: &Entry, errors: &mut Errors) -> Option<u64> {
    let text = entry.string(errors)?;
    let value = text.value();
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &value[..value.len() - unit.len()];
    let per_unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let ms = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(per_unit))
        .filter(|ms| *ms > 0);
    if ms.is_none() {
        let help = "write a whole number above zero and a unit: `200ms`, `5s`, `2m` or `1h`";
        errors.at(&text, format_args!("`{value}` is not a time; {help}"));
    }
    ms
}

fn default(entry: &Entry, errors: &mut Errors) -> Option<(Ident, Option<Box<Expr>>)> {
    match &entry.value {
        Value::Nothing => Some((entry.key.clone(), None)),
        Value::Expr(expr) => Some((entry.key.clone(), Some(expr.clone()))),
        Value::Impl(token, _) => {
            errors.at(token, "`default` takes an expression: `default = 10`");
            None
        }
    }
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
