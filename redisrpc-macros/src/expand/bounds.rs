//! Every use of a type that has to travel, in one form: `<T as Trait>::what(…)`.
//!
//! So a type that cannot is reported where the user wrote it, with our own
//! words, and once: the compiler shows equal errors only once, and these are
//! equal, whether they come from the stub or from the server.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

use crate::{
    model::{Argument, DefaultValue, Method, Returns, Shape},
    names,
};

/// Gives an argument to the stub's `__call`.
//
// Output:
//     <f64 as Argument>::positional(&number, &mut __call, 0);
pub(crate) fn sent(
    argument: &Argument,
    index: &TokenStream,
    named: bool,
    krate: &TokenStream,
) -> TokenStream {
    let (name, cfg) = (&argument.ident, &argument.cfg);
    let how = if named {
        quote!(named)
    } else {
        quote!(positional)
    };
    let private = quote!(#krate::__private);
    if argument.rest.is_some() {
        let element = element(argument);
        return quote!(#(#cfg)* <#element as #private::Argument>::rest(&#name, &mut __call, #index););
    }
    match &argument.shape {
        Shape::Owned(ty) | Shape::OptionRef(ty) | Shape::OptionSlice(ty) => {
            quote!(#(#cfg)* <#ty as #private::Argument>::#how(&#name, &mut __call, #index);)
        }
        Shape::Ref(ty) | Shape::Slice(ty) => {
            quote!(#(#cfg)* <#ty as #private::Argument>::#how(#name, &mut __call, #index);)
        }
        Shape::Str => quote!(#(#cfg)* __call.#how(#index, #name);),
        Shape::OptionStr | Shape::CowStr => quote!(#(#cfg)* __call.#how(#index, &#name);),
    }
}

/// Takes an argument of a request into a local.
//
// Output:
//     let __number: f64 = <f64 as Argument>::required(&__arguments, 0)?;
pub(crate) fn received(
    argument: &Argument,
    index: &TokenStream,
    method: &Method,
    krate: &TokenStream,
) -> TokenStream {
    let (local, cfg) = (names::local(&argument.ident), &argument.cfg);
    let private = quote!(#krate::__private);
    if argument.rest.is_some() {
        let element = element(argument);
        return quote! {
            #(#cfg)*
            let #local = <#element as #private::Argument>::rest_of(&__arguments, #index)?;
        };
    }
    let (bearer, owned) = owned(argument, method, krate);
    let value = match &argument.default {
        None => quote!(required(&__arguments, #index)?),
        Some(DefaultValue::Trait) => {
            quote!(or_default(&__arguments, #index, ::core::default::Default::default)?)
        }
        Some(DefaultValue::Expr(expr)) => {
            quote!(or_default(&__arguments, #index, || ::core::convert::Into::into(#expr))?)
        }
    };
    quote!(#(#cfg)* let #local: #owned = #bearer::#value;)
}

/// What knows how to decode an argument, and the type it decodes to.
fn owned(argument: &Argument, method: &Method, krate: &TokenStream) -> (TokenStream, TokenStream) {
    let private = quote!(#krate::__private);
    let by = |ty: &Type| quote!(<#ty as #private::Argument>);
    // A blocking method runs on another thread, where the request is not.
    let text = match method.blocking {
        Some(_) => quote!(::std::string::String),
        None => quote!(#private::Text<'_>),
    };
    let texts = quote!(#private::Texts);
    match &argument.shape {
        Shape::Owned(ty) | Shape::Ref(ty) => (by(ty), quote!(#ty)),
        Shape::Slice(ty) => (by(ty), quote!(::std::vec::Vec<#ty>)),
        Shape::OptionRef(ty) => (by(ty), quote!(::core::option::Option<#ty>)),
        Shape::OptionSlice(ty) => (by(ty), quote!(::core::option::Option<::std::vec::Vec<#ty>>)),
        Shape::Str | Shape::CowStr => (texts, text),
        Shape::OptionStr => (texts, quote!(::core::option::Option<#text>)),
    }
}

/// The local as the method wants it.
pub(crate) fn lent(argument: &Argument) -> TokenStream {
    let (local, cfg) = (names::local(&argument.ident), &argument.cfg);
    let value = match &argument.shape {
        Shape::Owned(_) => quote!(#local),
        Shape::Ref(_) | Shape::Slice(_) => quote!(&#local),
        Shape::OptionRef(_) => quote!(#local.as_ref()),
        Shape::OptionSlice(_) => quote!(#local.as_deref()),
        Shape::Str => quote!(#local.as_str()),
        Shape::OptionStr => quote!(#local.as_ref().map(|__text| __text.as_str())),
        Shape::CowStr => quote!(::std::borrow::Cow::Borrowed(#local.as_str())),
    };
    quote!(#(#cfg)* #value)
}

/// The type of the elements of a `rest` argument.
fn element(argument: &Argument) -> &Type {
    match &argument.shape {
        Shape::Slice(element) => element,
        _ => crate::ty::only_argument(&argument.ty, "Vec").unwrap_or(&argument.ty),
    }
}

/// The two types of a `Result`, however it is written.
pub(crate) fn result_types(
    ty: &Type,
    both: Option<&(Type, Type)>,
    krate: &TokenStream,
) -> (TokenStream, TokenStream) {
    match both {
        Some((value, error)) => (quote!(#value), quote!(#error)),
        None => {
            let parts = quote!(<#ty as #krate::__private::ResultType>);
            (quote!(#parts::Value), quote!(#parts::Error))
        }
    }
}

/// Ends a stub method: the call of what the method returns.
pub(crate) fn returning(method: &Method, krate: &TokenStream) -> TokenStream {
    if method.oneway.is_some() {
        return quote!(__call.oneway());
    }
    match &method.returns {
        Returns::Unit => quote!(__call.returning_value()),
        Returns::Value(ty) => quote!(<#ty as #krate::__private::Returned>::returning(__call)),
        Returns::Result(ty, both) => {
            let (value, error) = result_types(ty, both.as_ref(), krate);
            quote!(<#error as #krate::__private::ReturnedError>::returning::<#value>(__call))
        }
    }
}

/// Ends a match arm: the reply made of what `call` yields.
pub(crate) fn replied(method: &Method, call: &TokenStream, krate: &TokenStream) -> TokenStream {
    let private = quote!(#krate::__private);
    match &method.returns {
        Returns::Unit => quote! {
            #call;
            #private::reply_value(__request, &())
        },
        Returns::Value(ty) => quote! {
            let __output = #call;
            <#ty as #private::Returned>::reply(&__output, __request)
        },
        Returns::Result(ty, both) => {
            let (value, error) = result_types(ty, both.as_ref(), krate);
            quote! {
                match #call {
                    ::core::result::Result::Ok(__value) => {
                        <#value as #private::Returned>::reply(&__value, __request)
                    }
                    ::core::result::Result::Err(__error) => {
                        <#error as #private::ReturnedError>::reply(__error, __request)
                    }
                }
            }
        }
    }
}
