//! The user's own item, first in the output and with its spans untouched.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    FnArg, Item, ItemTrait, Pat, ReturnType, TraitItem, TraitItemFn, Type, parse_quote,
    spanned::Spanned as _,
};

use crate::{model::Service, ty};

/// The item without our attributes; an impl block otherwise as it was, a trait
/// with its async methods promising `Send` futures.
pub(crate) fn item(service: &Service) -> TokenStream {
    let item = match &service.item {
        Item::Trait(item) => rewritten(item.clone()),
        other => other.to_token_stream(),
    };
    with_generics(item)
}

/// The item with a list of type parameters, an empty one if it has none: to those that
/// the user did not write the compiler suggests no further one. What that is good for
/// is told where such a list is closed that is not empty.
fn with_generics(item: TokenStream) -> TokenStream {
    let mut item = item.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = item.next() {
        let keyword = token.to_string();
        out.extend([token]);
        match keyword.as_str() {
            "trait" => out.extend(item.next()),
            "impl" => {}
            _ => continue,
        }
        let is_generic =
            matches!(item.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '<');
        if !is_generic {
            out.extend(quote!(<>));
        }
        break;
    }
    out.extend(item);
    out
}

fn rewritten(mut item: ItemTrait) -> TokenStream {
    for item in &mut item.items {
        let TraitItem::Fn(method) = item else {
            continue;
        };
        if method.default.is_none() {
            without_patterns(method);
        }
        *method = promised(method.clone());
    }
    item.attrs.push(parse_quote! {
        #[allow(dead_code, reason = "a program may only call the service, and implement nothing")]
    });
    item.into_token_stream()
}

/// Patterns where there is no body are the compiler's to refuse, and were ours
/// before: it need not say so again.
fn without_patterns(method: &mut TraitItemFn) {
    for input in &mut method.sig.inputs {
        if let FnArg::Typed(argument) = input
            && !matches!(&*argument.pat, Pat::Ident(name) if name.mutability.is_none())
        {
            *argument.pat = parse_quote!(_);
        }
    }
}

// Input:
//     async fn add(&self, number: f64) -> f64 { number }
//
// Output:
//     fn add(&self, number: f64) -> impl Future<Output = f64> + Send
//     where
//         Self: Send + Sync,      // only with a body: its future holds `self`
//     {
//         async move { number }
//     }
pub(crate) fn promised(mut method: TraitItemFn) -> TraitItemFn {
    let streams = promise_stream(&mut method.sig.output);
    if streams && method.sig.asyncness.is_none() {
        share_self(&mut method);
        return method;
    }
    let Some(token) = method.sig.asyncness.take() else {
        return method;
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
    share_self(&mut method);
    if let Some(body) = &method.default {
        let (known, statements) = (known_output(&output), &body.stmts);
        method.default = Some(parse_quote!({ async move { #known #(#statements)* } }));
    }
    method
}

/// Lets what a body makes hold `self`, and yet be `Send`.
fn share_self(method: &mut TraitItemFn) {
    if method.default.is_some() && method.sig.receiver().is_some() {
        // `Sync` for a body with `&mut self` too: it may call one with `&self`.
        let bounds = quote!(::core::marker::Send + ::core::marker::Sync);
        let clause = method.sig.generics.make_where_clause();
        clause.predicates.push(parse_quote!(Self: #bounds));
    }
}

/// Promises that a stream is `Send`; whether it is one.
//
// Input:
//     fn ticks(&self) -> impl Stream<Item = Tick>;
//
// Output:
//     fn ticks(&self) -> impl Stream<Item = Tick> + Send;
fn promise_stream(output: &mut ReturnType) -> bool {
    let ReturnType::Type(_, ty) = output else {
        return false;
    };
    let Type::ImplTrait(opaque) = &mut **ty else {
        return false;
    };
    let Some(stream) = ty::stream_of(opaque) else {
        return false;
    };
    let span = stream.span();
    if ty::ident_in(&opaque.bounds, "Send").is_none() {
        let send = quote_spanned!(span=> ::core::marker::Send);
        opaque.bounds.push(parse_quote!(#send));
    }
    true
}

/// Never run: it is there for the compiler to know what the body is to return, and to
/// tell what does not fit where it stands.
fn known_output(output: &TokenStream) -> Option<TokenStream> {
    ty::ident_in(output, "impl").is_none().then(|| {
        quote! {
            if let ::core::option::Option::Some(__output) = ::core::option::Option::None::<#output> {
                return __output;
            }
        }
    })
}
