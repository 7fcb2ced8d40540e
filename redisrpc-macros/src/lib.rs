//! The `#[service]` attribute of `redisrpc`.

mod args;
mod diag;
mod expand;
mod fallback;
mod model;
mod names;
mod parse;
mod ty;
mod validate;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::diag::Errors;

/// Makes a service of a trait or of an inherent impl block.
#[proc_macro_attribute]
pub fn service(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expanded(args.into(), item.into()).into()
}

/// Options of a method or an argument inside a `#[service]` item.
#[proc_macro_attribute]
pub fn rpc(
    _args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let text = "`#[rpc]` only works inside a `#[redisrpc::service]` item";
    let error = syn::Error::new(proc_macro2::Span::call_site(), text).into_compile_error();
    let item = TokenStream::from(item);
    quote!(#item #error).into()
}

/// The pipeline: parse, validate, expand; what is wrong is collected on the way.
fn expanded(args: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = args::service(args, &mut errors);
    let Some(item) = parse::item(tokens.clone(), &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#tokens #errors);
    };
    let original = item.clone();
    let Some(service) = parse::service(item, args, &mut errors) else {
        let (item, errors) = (original.into_token_stream(), errors.into_tokens());
        return quote!(#item #errors);
    };
    validate::service(&service, &mut errors);
    match errors.into_tokens() {
        None => expand::service(&service),
        Some(errors) => {
            let stand_in = fallback::service(&service);
            quote!(#stand_in #errors)
        }
    }
}
