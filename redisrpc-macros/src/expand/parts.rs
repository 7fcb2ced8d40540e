//! Services of many methods: their dispatch in parts.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::dispatch::{Subject, arms, cell, subject};
use crate::{model::Service, names};

/// The match over the methods.
///
/// Of many methods it is one over parts, each with a match over some of them: the
/// compiler's work on an async function grows faster than its length.
//
// Output, of many:
//     let __part = match __request.method() {
//         "add" => 0,
//         …
//         _ => 3,
//     };
//     match __part {
//         0 => __Parts::<Self>::__part_0(__cell, __request).await,
//         …
//         _ => method_not_found(__request, &__SERVICE),
//     }
pub(super) fn dispatch(service: &Service) -> TokenStream {
    if !has_parts(service) {
        return arms(service, &service.methods);
    }
    let krate = &service.krate;
    let parts = || service.methods.chunks(PART).enumerate();
    let named = parts().flat_map(|(number, methods)| {
        let number = Literal::usize_unsuffixed(number);
        methods.iter().map(move |method| {
            let cfg = &method.attrs.cfg;
            let names = method.wire_names().map(names::WireName::literal);
            quote!(#(#cfg)* #(#names)|* => #number,)
        })
    });
    let run = parts().map(|(number, _)| {
        let (part, number) = (part_name(number), Literal::usize_unsuffixed(number));
        quote!(#number => __Parts::<Self>::#part(__cell, __request).await,)
    });
    let none = Literal::usize_unsuffixed(parts().len());
    quote! {
        let __part = match __request.method() {
            #(#named)*
            _ => #none,
        };
        match __part {
            #(#run)*
            _ => #krate::__private::method_not_found(__request, &__SERVICE),
        }
    }
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
//         async fn __part_0(cell: &Arc<T>, request: &Request<'_>) -> Dispatched {
//             match request.method() { … }
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
    let cell = cell(service, &object);
    let parts = service
        .methods
        .chunks(PART)
        .enumerate()
        .map(|(number, methods)| {
            let (part, arms) = (part_name(number), arms(service, methods));
            quote! {
                async fn #part(
                    __cell: &::std::sync::Arc<#cell>,
                    __request: &#private::Request<'_>,
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
