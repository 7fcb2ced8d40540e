//! Values of single keys that are more than a text or a flag.

use proc_macro2::Ident;
use syn::{Expr, LitStr, Token};

use super::entry::{Entry, Value};
use crate::{
    diag::{Errors, did_you_mean, listed},
    names::Rule,
};

/// `Name`, `impl` or `impl Name`: the client's name, and whether it implements the trait.
pub(super) fn client(
    entry: &Entry,
    errors: &mut Errors,
) -> Option<(Option<Ident>, Option<Token![impl]>)> {
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

/// The name of a queue; something like one if it is a mistake, because what the client
/// has of it may be used.
pub(super) fn queue(entry: &Entry, errors: &mut Errors) -> Option<LitStr> {
    let Some(text) = entry.string(errors) else {
        return Some(LitStr::new("", entry.key.span()));
    };
    let name = text.value();
    if let Some(fault) = redisrpc_contract::queue_fault(&name) {
        let help = "write a short plain name, such as `queue = \"calc\"`";
        errors.at(&text, format_args!("{name:?} {fault}; {help}"));
    }
    Some(text)
}

/// The name of a spelling.
pub(super) fn rename_all(entry: &Entry, errors: &mut Errors) -> Option<Rule> {
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
pub(super) fn timeout(entry: &Entry, errors: &mut Errors) -> Option<u64> {
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

/// Nothing, or an expression.
pub(super) fn default(entry: &Entry, errors: &mut Errors) -> Option<Option<Box<Expr>>> {
    match &entry.value {
        Value::Nothing => Some(None),
        Value::CutOff(token) => {
            errors.at(
                token,
                "the value is missing; write `default`, or `default = 10`",
            );
            None
        }
        Value::Expr(expr) => Some(Some(expr.clone())),
        Value::Impl(token, _) => {
            errors.at(token, "`default` takes an expression: `default = 10`");
            None
        }
    }
}
