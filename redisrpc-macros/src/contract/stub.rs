//! `contract!("calc.contract.json")`: a service that is elsewhere, of which only the
//! contract is here. It is written as a trait and read like one.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use redisrpc_contract::{Argument, Contract, Method, line_of, snake_case};
use syn::{Item, LitStr, Type};

use super::file::File;
use crate::{args::StubArgs, diag::Errors, model::Service, names::Rule, parse, ty, validate};

/// The service that the file describes.
pub(crate) fn service(args: StubArgs, errors: &mut Errors) -> Option<Service> {
    let StubArgs {
        vis,
        file: name,
        options,
    } = args;
    let file = File::named(&name);
    let help = "; it is what `redisrpc describe QUEUE --json` prints";
    let text = file.text(help, errors)?;
    let contract = file.read(help, errors)?;
    let mut writer = Writer {
        name: &name,
        text: &text,
        errors,
    };
    let item = writer.item(&contract, &vis)?;
    if errors.any() {
        return None;
    }
    let item: Item = errors.ok(syn::parse2(item))?;
    let mut service = parse::service(item, options, errors)?;
    service.contract = Some(name);
    // There is no such trait.
    service.item = Item::Verbatim(TokenStream::new());
    Some(service)
}

/// Writes a contract as a trait, all of it underlined where the file is named.
struct Writer<'a> {
    name: &'a LitStr,
    text: &'a str,
    errors: &'a mut Errors,
}

impl Writer<'_> {
    // Input:
    //     {"name": "addAll", "arguments": [{"name": "numbers", "type": "Vec<f64>"}]}
    //
    // Output:
    //     #[rpc(name = "addAll")]
    //     async fn add_all(&self, numbers: Vec<f64>);
    fn item(&mut self, contract: &Contract, vis: &TokenStream) -> Option<TokenStream> {
        let name = self.type_name(&contract.service)?;
        let doc = docs(&contract.doc);
        let mut seen: Vec<(Ident, &str)> = Vec::new();
        let mut methods = Vec::new();
        for (place, method) in contract.methods.iter().enumerate() {
            let what = format!("method `{}`", method.name);
            let Some(ident) = self.ident(&method.name, (place, None), &what) else {
                continue;
            };
            let ident = match validate::is_taken(&ident) {
                true => format_ident!("{ident}_"),
                false => ident,
            };
            if let Some((_, other)) = seen.iter().find(|(known, _)| *known == ident) {
                let text = format!("`{other}` and `{}` are both `{ident}` in Rust", method.name);
                self.refuse((place, None), text);
                continue;
            }
            methods.push(self.method(method, &ident, place));
            seen.push((ident, &method.name));
        }
        let tokens = quote!(#doc #vis trait #name { #(#methods)* });
        Some(ty::at(self.name.span(), tokens))
    }

    fn method(&mut self, method: &Method, ident: &Ident, place: usize) -> Option<TokenStream> {
        let arguments: Vec<_> = (0..method.arguments.len())
            .map(|at| self.argument(method, place, at))
            .collect();
        // What it streams, if it does.
        let item = method.returns.strip_prefix("Stream<");
        let item = item.and_then(|item| item.strip_suffix('>'));
        let value = item.unwrap_or(&method.returns);
        let value = self.type_of(value, (place, None), || {
            format!("what `{}` returns", method.name)
        })?;
        let returns = match &method.error {
            Some(error) if *error != method.returns => {
                let error = self.type_of(error, (place, None), || {
                    format!("the error of `{}`", method.name)
                })?;
                quote!(::core::result::Result<#value, #error>)
            }
            _ => quote!(#value),
        };
        let (asyncness, returns) = match item {
            Some(_) => (None, quote!(impl Stream<Item = #returns>)),
            None => (Some(quote!(async)), returns),
        };
        let doc = docs(&method.doc);
        let mut options = names(&method.name, &method.aliases);
        options.extend(method.oneway.then(|| quote!(oneway)));
        options.extend(method.idempotent.then(|| quote!(idempotent)));
        options.extend(method.timeout_ms.map(|ms| {
            let time = format!("{ms}ms");
            quote!(timeout = #time)
        }));
        options.extend(is_called_by_name(method).then(|| quote!(named)));
        Some(quote! {
            #doc
            #[rpc(#(#options),*)]
            #asyncness fn #ident(&self, #(#arguments),*) -> #returns;
        })
    }

    fn argument(&mut self, method: &Method, place: usize, at: usize) -> Option<TokenStream> {
        let argument = &method.arguments[at];
        let place = (place, Some(at));
        let what = || format!("argument `{}` of `{}`", argument.name, method.name);
        let ident = self.ident(&argument.name, place, &what())?;
        let ty = self.type_of(&argument.type_text, place, what)?;
        let mut options = names(&argument.name, &argument.aliases);
        options.extend(argument.default.then(|| quote!(default)));
        options.extend(argument.rest.then(|| quote!(rest)));
        Some(quote!(#[rpc(#(#options),*)] #ident: #ty))
    }

    /// The service's name, as the name of a type.
    fn type_name(&mut self, service: &str) -> Option<Ident> {
        let words: Vec<_> = service.split(|c: char| !is_in_name(c)).collect();
        let name = if words.len() > 1 {
            Rule::Pascal.apply(&words.join("_"))
        } else {
            service.to_owned()
        };
        let ident = syn::parse_str(&name).ok();
        if ident.is_none() {
            let text = format!(
                "the service `{service}` needs a name that Rust can read: change `service` in \
                 `{}`",
                self.name.value()
            );
            self.errors.at(self.name, text);
        }
        ident
    }

    /// A name on the wire as one in Rust: `addAll`, `add-all` and `add.all` are
    /// `add_all`.
    fn ident(&mut self, wire: &str, place: Place, what: &str) -> Option<Ident> {
        let name = snake_case(wire);
        let span = Span::call_site();
        let ident = match name.as_str() {
            "self" | "super" | "crate" | "_" => Some(format_ident!("{name}_", span = span)),
            _ => syn::parse_str(&name)
                .or_else(|_| syn::parse_str(&format!("r#{name}")))
                .ok(),
        };
        if ident.is_none() {
            self.refuse(place, format!("{what} has no name that Rust can read"));
        }
        ident
    }

    /// The type that this text is, with the meaning it has where the macro stands.
    fn type_of(&mut self, text: &str, place: Place, what: impl Fn() -> String) -> Option<Type> {
        let ty = syn::parse_str::<Type>(text).ok();
        if ty.is_none() {
            let text = format!("{} has the type `{text}`, which Rust cannot read", what());
            self.refuse(place, text);
        }
        ty
    }

    fn refuse(&mut self, (method, argument): Place, text: impl Display) {
        let line = line_of(self.text, method, argument);
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        let text = format!("`{}`{line}: {text}", self.name.value());
        self.errors.at(self.name, text);
    }
}

/// A method, or an argument of it.
type Place = (usize, Option<usize>);

/// Whether an argument that must be given stands after one that need not be.
fn is_called_by_name(method: &Method) -> bool {
    let mut after = method.arguments.iter().skip_while(|it| !it.default);
    after.any(Argument::is_required)
}

fn names(name: &str, aliases: &[String]) -> Vec<TokenStream> {
    let aliases = aliases.iter().map(|alias| quote!(alias = #alias));
    [quote!(name = #name)].into_iter().chain(aliases).collect()
}

fn docs(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| format!(" {line}"));
    quote!(#(#[doc = #lines])*)
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
