//! What changed between two contracts, and which of it breaks callers.
//!
//! Callers are those of the old contract: what they send must still be understood,
//! and what they are told must still be what they know.

mod arguments;

use crate::{
    change::Change,
    model::{Contract, Method},
    nearness::did_you_mean,
    types::same,
};

use self::arguments::compare_arguments;

/// Every difference that callers can notice, in the order of the new contract, then
/// the methods that are gone. Documentation does not count.
///
/// | compatible | breaking |
/// |---|---|
/// | a new method | a method that is gone |
/// | a new name, where an alias carries the old one | a new name without such an alias |
/// | a new last argument with a default, of type `Option<…>`, or that takes the rest | any other new argument |
/// | an argument that need not be given any more | an argument that must be given now |
/// | an argument `T` that is an `Option<T>` now | any other new type |
/// | an own error where there was none, or none where there was one | another type of the own error |
/// | a method that is answered now, or may be repeated now | one that is `oneway` now, or not `idempotent` any more |
/// | another timeout | arguments in another order |
///
/// Types are compared as they travel: `&str` and `String` are the same.
///
/// ```
/// use redisrpc_contract::{Argument, Contract, Method, compare};
///
/// let mut old = Contract::new("Printer");
/// old.methods.push(Method::new("print"));
///
/// let mut new = old.clone();
/// new.methods[0].arguments.push(Argument::new("copies", "u32"));
/// let change = &compare(&old, &new)[0];
/// assert!(change.is_breaking());
/// assert_eq!(change.text(), "argument `copies: u32` was added without a default");
///
/// new.methods[0].arguments[0].default = true;
/// assert!(!compare(&old, &new)[0].is_breaking());
/// ```
#[must_use]
pub fn compare(old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes = Vec::new();
    for method in &new.methods {
        match former(old, method) {
            Some(before) => compare_methods(before, method, &mut changes),
            None => changes.push(Change::of(method, "this method is new")),
        }
    }
    for method in &old.methods {
        if current(method, new).is_none() {
            changes.push(Change::of(method, gone(method, old, new)).breaking());
        }
    }
    changes
}

/// The new form of an old method: what answers to its name.
fn current<'a>(old: &Method, new: &'a Contract) -> Option<&'a Method> {
    new.method(&old.name)
}

/// The old form of a new method.
fn former<'a>(old: &'a Contract, new: &Method) -> Option<&'a Method> {
    let mut methods = old.methods.iter();
    methods.find(|method| new.names().any(|name| name == method.name))
}

/// That a method is gone, and which one may be it under another name.
fn gone(method: &Method, old: &Contract, new: &Contract) -> String {
    let is_new = |it: &&Method| former(old, it).is_none();
    let new = || new.methods.iter().filter(is_new);
    let near = did_you_mean(&method.name, new().map(|it| it.name.as_str()));
    let alike = || {
        let mut alike = new().filter(|it| has_form_of(it, method));
        alike.next().map(|it| it.name.as_str())
    };
    let old = format!("`{method}` is gone");
    match near.or_else(alike) {
        Some(name) => format!(
            "{old}; if `{name}` is its new name, give that the alias `{}`",
            method.name
        ),
        None => old,
    }
}

/// Whether the two differ in nothing but their names, and are more than a name.
fn has_form_of(one: &Method, other: &Method) -> bool {
    let form = |method: &Method| {
        method
            .to_string()
            .split_off(method.to_string().find('(').unwrap_or(0))
    };
    form(one) == form(other) && form(one) != "(&self)"
}

fn compare_methods(old: &Method, new: &Method, changes: &mut Vec<Change>) {
    compare_names(old, new, changes);
    compare_arguments(old, new, changes);
    compare_results(old, new, changes);
    compare_flags(old, new, changes);
}

fn compare_names(old: &Method, new: &Method, changes: &mut Vec<Change>) {
    if old.name != new.name {
        let text = format!("was called `{}`, which is an alias now", old.name);
        changes.push(Change::of(new, text));
    }
    for alias in &old.aliases {
        if new.names().all(|name| name != alias) {
            let text = format!("its alias `{alias}` was removed");
            changes.push(Change::of(new, text).breaking());
        }
    }
    for alias in &new.aliases {
        if old.names().all(|name| name != alias) {
            changes.push(Change::of(new, format!("the alias `{alias}` is new")));
        }
    }
}

fn compare_results(old: &Method, new: &Method, changes: &mut Vec<Change>) {
    let alias = |method: &Method| method.error.as_ref() == Some(&method.returns);
    if !same(&old.returns, &new.returns) {
        let (before, after) = (&old.returns, &new.returns);
        let text = format!("it returned `{before}`, and returns `{after}`");
        changes.push(Change::of(new, text).breaking());
        // `io::Result<f64>` is both types in one text, and one change.
        if alias(old) || alias(new) {
            return;
        }
    }
    match (&old.error, &new.error) {
        (Some(before), Some(after)) if !same(before, after) => {
            let text = format!("its error was `{before}`, and is `{after}`");
            changes.push(Change::of(new, text).breaking());
        }
        (None, Some(after)) => {
            let text = format!("it has the error `{after}` now");
            changes.push(Change::of(new, text));
        }
        (Some(before), None) => {
            let text = format!("it has no error of its own any more; it was `{before}`");
            changes.push(Change::of(new, text));
        }
        _ => {}
    }
}

fn compare_flags(old: &Method, new: &Method, changes: &mut Vec<Change>) {
    if old.oneway != new.oneway {
        let text = if new.oneway {
            "it was answered, and is `oneway`: its callers wait in vain to hear how it ended"
        } else {
            "it was `oneway`, and is answered"
        };
        changes.push(Change::of(new, text).breaking_if(new.oneway));
    }
    if old.idempotent != new.idempotent {
        let text = if new.idempotent {
            "it may be repeated now: it is `idempotent`"
        } else {
            "it was `idempotent`: its callers may repeat it"
        };
        changes.push(Change::of(new, text).breaking_if(old.idempotent));
    }
    if old.timeout_ms != new.timeout_ms {
        let ms = |timeout: Option<u64>| timeout.map_or("none".to_owned(), |ms| format!("{ms} ms"));
        let (before, after) = (ms(old.timeout_ms), ms(new.timeout_ms));
        let text = format!("its timeout was {before}, and is {after}");
        changes.push(Change::of(new, text));
    }
}

#[cfg(test)]
mod tests;
