//! The user's own item, first in the output and with its spans untouched.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Item, ItemTrait, ReturnType, TraitItem, TraitItemFn, parse_quote, spanned::Spanned as _,
};

use crate::model::Service;

/// The item without our attributes; an impl block otherwise as it was, a trait
/// with its async methods promising `Send` futures.
pub(crate) fn item(service: &Service) -> TokenStream {
    match &service.item {
        Item::Trait(item) => rewritten(item.clone()),
        other => other.to_token_stream(),
    }
}

fn rewritten(mut item: ItemTrait) -> TokenStream {
    for item in &mut item.items {
        if let TraitItem::Fn(method) = item
            && method.sig.asyncness.is_some()
        {
            rewrite(method);
        }
    }
    item.into_token_stream()
}

// Input:
//     async fn add(&self, number: f64) -> f64 { number }
//
// Output:
//     fn add(&self, number: f64) -> impl Future<Output = f64> + Send
//     where
//         Self: Sync,      // only with a body: its future holds `self`
//     {
//         async move { number }
//     }
fn rewrite(method: &mut TraitItemFn) {
    let Some(token) = method.sig.asyncness.take() else {
        return;
    };
    let span = match &method.sig.output {
        ReturnType::Default => token.span,
        ReturnType::Type(_, ty) => ty.span(),
    };
    let output = match &method.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    };
    let future = quote_spanned! {span=>
        impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    method.sig.output = parse_quote!(-> #future);
    let Some(body) = &method.default else {
        return;
    };
    let receiver = method.sig.receiver();
    let bound = match receiver.map(|receiver| &receiver.kind) {
        Some(syn::ReceiverKind::Reference(_, _, Some(_))) => quote!(::core::marker::Send),
        _ => quote!(::core::marker::Sync),
    };
    if receiver.is_some() {
        let clause = method.sig.generics.make_where_clause();
        clause.predicates.push(parse_quote!(Self: #bound));
    }
    method.default = Some(parse_quote!({ async move #body }));
}
