//! Mistakes, collected: every one of them is shown, each where it was made.

use std::{fmt::Display, mem};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
pub(crate) use redisrpc_contract::did_you_mean;
use syn::{Attribute, Error};

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    found: Option<Error>,
    /// Whether there is one that the compiler tells by itself.
    left: bool,
    /// What is a mistake only where all of some `cfg` hold.
    under_cfg: TokenStream,
}

impl Errors {
    /// Notes a mistake at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, text: impl Display) {
        self.push(Error::new_spanned(tokens, text));
    }

    /// Notes a mistake that lies in two places: the later one, with what is
    /// wrong and what to do, and the first one, so that both are shown.
    pub(crate) fn twice(&mut self, again: impl ToTokens, first: impl ToTokens, text: impl Display) {
        self.at(again, text);
        self.at(first, "first one here");
    }

    /// Notes a mistake that lies in two places, if the compiler finds both there.
    pub(crate) fn twice_under<'a>(
        &mut self,
        cfg: impl IntoIterator<Item = &'a Attribute>,
        again: impl ToTokens,
        first: impl ToTokens,
        text: impl Display,
    ) {
        let mut both = Self::default();
        both.twice(again, first, text);
        let cfg = cfg.into_iter();
        let both = both.found.map(Error::into_compile_error);
        let both = quote!(#(#cfg)* const _: () = { #both };);
        self.under_cfg.extend(both);
    }

    /// Notes that two things exclude each other, and shows both.
    pub(crate) fn conflict(
        &mut self,
        one: impl ToTokens,
        other: impl ToTokens,
        text: impl Display,
    ) {
        self.at(one, text);
        self.at(other, "in conflict with this");
    }

    /// Notes a mistake that the parser found.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.found {
            Some(errors) => errors.combine(error),
            None => self.found = Some(error),
        }
    }

    /// The value, or its error noted.
    pub(crate) fn ok<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// What makes the compiler look for mistakes that depend on `cfg`.
    pub(crate) fn take_under_cfg(&mut self) -> TokenStream {
        mem::take(&mut self.under_cfg)
    }

    /// Leaves a mistake to the compiler, which finds it too.
    pub(crate) fn left_to_the_compiler(&mut self) {
        self.left = true;
    }

    /// Whether anything is wrong.
    pub(crate) fn any(&self) -> bool {
        self.left || self.found.is_some()
    }

    /// What makes the compiler show the first mistake; it does so only once.
    pub(crate) fn first(&self) -> Option<TokenStream> {
        let first = self.found.clone()?.into_iter().next();
        first.map(Error::into_compile_error)
    }

    /// What makes the compiler show the mistakes; `None` if there are none.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        self.found.map(Error::into_compile_error)
    }
}

/// Names as they stand in a text: `` `a`, `b` and `c` ``.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
