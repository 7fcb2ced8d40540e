//! Services of many methods: their dispatch in parts.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens as _, format_ident, quote};

use super::dispatch::{Subject, arms, cell, subject, wire_names};
use crate::{
    model::{Method, Service},
    ty,
};

/// The match over the methods.
///
/// Of many methods it gives each a number, and leaves the rest to parts, each for
/// some of the numbers: the compiler's work on an async function grows faster than
/// its length.
//
// Output, of many:
//     let __method = match __request.method() {
//         "add" => 0,
//         …
//         _ => 40,
//     };
//     match __method {
//         0..16 => __Parts::<Self>::__part_0(__cell, __request, __method).await,
//         …
//         _ => method_not_found(__request, &__SERVICE),
//     }
pub(super) fn dispatch(service: &Service) -> TokenStream {
    if !has_parts(service) {
        let methods = service.methods.iter();
        let methods = methods.map(|method| (wire_names(method), method));
        let object = subject(service).object;
        return arms(service, &object, &quote!(__request.method()), methods);
    }
    let krate = &service.krate;
    let numbered = numbered(&service.methods, 0).map(|(number, method)| {
        let (cfg, names) = (&method.attrs.cfg, wire_names(method));
        quote!(#(#cfg)* #names => #number,)
    });
    let run = service
        .methods
        .chunks(PART)
        .enumerate()
        .map(|(part, methods)| {
            let first = part * PART;
            let [from, to] = [first, first + methods.len()].map(Literal::usize_unsuffixed);
            let part = part_name(part);
            quote!(#from..#to => __Parts::<Self>::#part(__cell, __request, __method).await,)
        });
    let none = Literal::usize_unsuffixed(service.methods.len());
    quote! {
        let __method: ::core::primitive::usize = match __request.method() {
            #(#numbered)*
            _ => #none,
        };
        match __method {
            #(#run)*
            _ => #krate::__private::method_not_found(__request, &__SERVICE),
        }
    }
}

fn numbered(methods: &[Method], first: usize) -> impl Iterator<Item = (TokenStream, &Method)> {
    let numbers = (first..).map(|number| Literal::usize_unsuffixed(number).into_token_stream());
    numbers.zip(methods)
}

/// How many methods one async function runs at most.
const PART: usize = 16;

fn has_parts(service: &Service) -> bool {
    service.methods.len() > PART
}

fn part_name(number: usize) -> Ident {
    format_ident!("__part_{number}")
}

// Output:
//     struct __Parts<S>(PhantomData<S>);
//
//     impl<T> __Parts<CalculatorService<T>>
//     where
//         T: Calculator + Send + Sync + 'static,
//     {
//         async fn __part_0(cell: &Arc<T>, request: &Request<'_>, method: usize) -> Dispatched {
//             match method { … }
//         }
//     }
pub(super) fn parts(service: &Service) -> Option<TokenStream> {
    if !has_parts(service) {
        return None;
    }
    let private = &service.krate;
    let private = quote!(#private::__private);
    let Subject {
        generics,
        ty,
        clause,
        object,
        ..
    } = subject(service);
    // There `Self` is not what the service is implemented for.
    let object = ty::without_self(object, &ty);
    let cell = cell(service, &object);
    let parts = service
        .methods
        .chunks(PART)
        .enumerate()
        .map(|(part, methods)| {
            let numbered = numbered(methods, part * PART);
            let arms = arms(service, &object, &quote!(__method), numbered);
            let part = part_name(part);
            quote! {
                async fn #part(
                    __cell: &::std::sync::Arc<#cell>,
                    __request: &#private::Request<'_>,
                    __method: ::core::primitive::usize,
                ) -> #private::Dispatched {
                    #arms
                }
            }
        });
    Some(quote! {
        struct __Parts<S>(::core::marker::PhantomData<S>);

        impl #generics __Parts<#ty> #clause {
            #(#parts)*
        }
    })
}
