//! What stands in the parentheses of `#[service(…)]` and `#[rpc(…)]`.
//!
//! The grammar is one for all: `key`, `key = value`, separated by commas. A
//! [`Slot`] takes the value of one key and reports a second one itself.

mod entry;
mod values;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Expr, LitStr, Meta, Path, Token, Visibility,
    parse::{ParseStream, Parser as _},
};

use self::entry::{Entry, Place, unknown};
use crate::{diag::Errors, names::Rule};

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
    pub(crate) contract: Slot<LitStr>,
    pub(crate) krate: Slot<Path>,
}

/// What stands in `contract!(…)`.
pub(crate) struct StubArgs {
    pub(crate) vis: TokenStream,
    pub(crate) file: LitStr,
    pub(crate) options: ServiceArgs,
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
    pub(crate) detached: Slot<Ident>,
    pub(crate) timeout: Slot<u64>,
    pub(crate) named: Slot<Ident>,
}

/// The options of an argument.
#[derive(Default)]
pub(crate) struct ArgumentArgs {
    pub(crate) name: Slot<LitStr>,
    pub(crate) alias: Vec<LitStr>,
    pub(crate) default: Slot<Option<Box<Expr>>>,
    pub(crate) rest: Slot<Ident>,
}

impl ArgumentArgs {
    /// One of the options there are.
    pub(crate) fn first_option(&self) -> Option<&dyn ToTokens> {
        let keys = [self.name.key(), self.default.key(), self.rest.key()];
        let key = keys.into_iter().flatten().next();
        let alias = self.alias.first().map(|alias| alias as &dyn ToTokens);
        key.map(|key| key as &dyn ToTokens).or(alias)
    }
}

/// Reads what stands in `#[service(…)]`.
pub(crate) fn service(tokens: TokenStream, errors: &mut Errors) -> ServiceArgs {
    let mut args = ServiceArgs::default();
    for entry in Entry::list(tokens, errors) {
        let key = &entry.key;
        match key.to_string().as_str() {
            "client" => args.client.set(key, values::client(&entry, errors), errors),
            "queue" => args.queue.set(key, values::queue(&entry, errors), errors),
            "rename_all" => args
                .rename_all
                .set(key, values::rename_all(&entry, errors), errors),
            "contract" => args.contract.set(key, entry.string(errors), errors),
            "crate" => args.krate.set(key, entry.path(errors), errors),
            _ => unknown(key, Place::Service, errors),
        }
    }
    args
}

/// Reads what stands in `contract!(…)`; `None` if no file is named.
pub(crate) fn stub(tokens: TokenStream, errors: &mut Errors) -> Option<StubArgs> {
    let head = |input: ParseStream<'_>| {
        let vis = input.parse::<Visibility>()?.into_token_stream();
        let file = input.parse::<LitStr>().map_err(|error| {
            let text = "the file of the contract is missing: `contract!(\"calc.contract.json\")`";
            syn::Error::new(error.span(), text)
        })?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok((vis, file, input.parse::<TokenStream>()?))
    };
    let (vis, file, tokens) = errors.ok(head.parse2(tokens))?;
    let mut options = ServiceArgs::default();
    for entry in Entry::list(tokens, errors) {
        let key = &entry.key;
        match key.to_string().as_str() {
            "client" => {
                let value = values::client(&entry, errors);
                if let Some((_, Some(token))) = value {
                    let text = "there is no trait that the client could implement; remove `impl`";
                    errors.at(token, text);
                }
                options.client.set(key, value, errors);
            }
            "queue" => options
                .queue
                .set(key, values::queue(&entry, errors), errors),
            "crate" => options.krate.set(key, entry.path(errors), errors),
            _ => unknown(key, Place::Stub, errors),
        }
    }
    Some(StubArgs { vis, file, options })
}

/// Reads a method's `#[rpc(…)]`.
pub(crate) fn method(attrs: &[Attribute], errors: &mut Errors) -> MethodArgs {
    let mut args = MethodArgs {
        present: !attrs.is_empty(),
        ..MethodArgs::default()
    };
    let entries = entries(attrs, errors);
    for entry in &entries {
        let key = &entry.key;
        match key.to_string().as_str() {
            "name" => args.name.set(key, entry.string(errors), errors),
            "alias" => args.alias.extend(entry.string(errors)),
            "skip" => args.skip.set(key, entry.flag(errors), errors),
            "oneway" => args.oneway.set(key, entry.flag(errors), errors),
            "idempotent" => args.idempotent.set(key, entry.flag(errors), errors),
            "blocking" => args.blocking.set(key, entry.flag(errors), errors),
            "detached" => args.detached.set(key, entry.flag(errors), errors),
            "timeout" => args
                .timeout
                .set(key, values::timeout(entry, errors), errors),
            "named" => args.named.set(key, entry.flag(errors), errors),
            _ => unknown(key, Place::Method, errors),
        }
    }
    if let Some(skip) = args.skip.key()
        && let Some(other) = entries.iter().find(|entry| entry.key != "skip")
    {
        let key = &other.key;
        errors.conflict(
            key,
            skip,
            format_args!("a skipped method has no use for `{key}`; remove one"),
        );
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
            "default" => args
                .default
                .set(key, values::default(&entry, errors), errors),
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
        Meta::Path(_) => Vec::new(),
        Meta::List(list) => Entry::list(list.tokens.clone(), errors),
        Meta::NameValue(pair) => {
            errors.at(pair, "options stand in parentheses: `#[rpc(name = \"…\")]`");
            Vec::new()
        }
    }
}
