//! Contracts as files: written in one way only, and read with complaints about what
//! would otherwise be overlooked.

use std::{collections::BTreeMap, str::FromStr};

use serde_json::value::RawValue;

use crate::{
    error::ContractError,
    model::{Contract, Method},
    nearness::did_you_mean,
};

/// The members that each kind of object may have.
const OF_CONTRACT: &[&str] = &["redisrpc", "service", "doc", "fingerprint", "methods"];
const OF_METHOD: &[&str] = &[
    "name",
    "doc",
    "arguments",
    "returns",
    "error",
    "timeout_ms",
    "oneway",
    "idempotent",
    "aliases",
];
const OF_ARGUMENT: &[&str] = &["name", "type", "default", "rest", "aliases"];

impl Contract {
    /// Reads a contract from a file's text. Unlike one that a server tells, it must
    /// have no members but those that mean something, and no name twice: whoever
    /// wrote it by hand would wait for the effect of a slip in vain.
    ///
    /// # Errors
    ///
    /// Where the text is not JSON, not a contract, of a newer form, or has a member
    /// or a name too many.
    ///
    /// # Examples
    ///
    /// ```
    /// use redisrpc_contract::Contract;
    ///
    /// let slip = r#"{
    ///   "redisrpc": 1, "service": "Calculator",
    ///   "methods": [{"name": "val", "retruns": "f64"}]
    /// }"#;
    /// let error = Contract::from_json(slip).unwrap_err();
    /// let text = "line 3: a method has no `retruns`; did you mean `returns`?";
    /// assert_eq!(error.to_string(), text);
    /// ```
    pub fn from_json(text: &str) -> Result<Self, ContractError> {
        let contract: Self = serde_json::from_str(text)?;
        check_members(text)?;
        check_names(&contract)?;
        Ok(contract)
    }

    /// The text of the file to keep: indented, in a fixed order, with a line end at
    /// its end. Equal contracts have equal texts.
    ///
    /// ```
    /// use redisrpc_contract::Contract;
    ///
    /// let text = r#"{
    ///   "redisrpc": 1,
    ///   "service": "Calculator",
    ///   "fingerprint": "cbf29ce484222325",
    ///   "methods": []
    /// }
    /// "#;
    /// assert_eq!(Contract::new("Calculator").to_json(), text);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts, numbers and lists of these cannot fail to be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl FromStr for Contract {
    type Err = ContractError;

    /// The same as [`Contract::from_json`].
    fn from_str(text: &str) -> Result<Self, ContractError> {
        Self::from_json(text)
    }
}

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Complains about members that mean nothing. The text is known to be a contract.
fn check_members(text: &str) -> Result<(), ContractError> {
    let contract: Members<'_> = serde_json::from_str(text)?;
    check_known(text, &contract, "contract", OF_CONTRACT)?;
    for method in objects(&contract, "methods")? {
        check_known(text, &method, "method", OF_METHOD)?;
        for argument in objects(&method, "arguments")? {
            check_known(text, &argument, "argument", OF_ARGUMENT)?;
        }
    }
    Ok(())
}

/// The objects in the list with this name.
fn objects<'a>(of: &Members<'a>, list: &str) -> Result<Vec<Members<'a>>, ContractError> {
    let objects = of.get(list).map(|list| serde_json::from_str(list.get()));
    Ok(objects.transpose()?.unwrap_or_default())
}

fn check_known(
    text: &str,
    members: &Members<'_>,
    what: &str,
    known: &[&'static str],
) -> Result<(), ContractError> {
    for (name, value) in members {
        if known.contains(&name.as_str()) {
            continue;
        }
        let help = match did_you_mean(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are `{}`", known.join("`, `")),
        };
        let text_of = format!("a{} {what} has no `{name}`; {help}", article(what));
        return Err(ContractError::new(text_of, Some(line_in(text, value))));
    }
    Ok(())
}

fn article(what: &str) -> &'static str {
    if what.starts_with('a') { "n" } else { "" }
}

/// The line in which a method stands, or an argument of it.
#[must_use]
pub fn line_of(text: &str, method: usize, argument: Option<usize>) -> Option<usize> {
    let contract: Members<'_> = serde_json::from_str(text).ok()?;
    let methods: Vec<&RawValue> = serde_json::from_str(contract.get("methods")?.get()).ok()?;
    let mut found = *methods.get(method)?;
    if let Some(argument) = argument {
        let method: Members<'_> = serde_json::from_str(found.get()).ok()?;
        let list: Vec<&RawValue> = serde_json::from_str(method.get("arguments")?.get()).ok()?;
        found = list.get(argument)?;
    }
    Some(line_in(text, found))
}

/// The line in which the value stands that was read out of the text.
fn line_in(text: &str, value: &RawValue) -> usize {
    let offset = value.get().as_ptr() as usize - text.as_ptr() as usize;
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Complains about two methods, or two arguments of one, with the same name.
fn check_names(contract: &Contract) -> Result<(), ContractError> {
    let methods = contract.methods.iter().flat_map(Method::names);
    if let Some(twice) = repeated(methods) {
        let text = format!("`{twice}` is the name of two methods");
        return Err(ContractError::new(text, None));
    }
    for method in &contract.methods {
        let arguments = method.arguments.iter();
        if let Some(twice) = repeated(arguments.flat_map(|it| it.names())) {
            let text = format!(
                "`{twice}` is the name of two arguments of `{}`",
                method.name
            );
            return Err(ContractError::new(text, None));
        }
    }
    Ok(())
}

fn repeated<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = Vec::new();
    names.find(|name| {
        let is_there = seen.contains(name);
        seen.push(*name);
        is_there
    })
}
