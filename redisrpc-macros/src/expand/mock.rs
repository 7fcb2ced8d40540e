//! The mock: the service made of closures, for tests of code that calls. It is
//! there only with the runtime's feature `mock`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Type, ext::IdentExt as _};

use super::{allowed_unused, bare_generics, bounds, client_generics, condition, dispatch, phantom};
use crate::{
    model::{Argument, Method, Returns, Service},
    names,
};

pub(super) fn name(service: &Service) -> Ident {
    names::beside_client(&service.client, "Mock")
}

// Output:
//     /// A [`Calculator`] made of closures, for tests.
//     pub struct CalculatorMock {
//         mock: Mock,
//     }
pub(super) fn mock_struct(service: &Service) -> TokenStream {
    let Service { krate, vis, .. } = service;
    if let Some(error) = &service.taken.mock {
        return quote!(#krate::__private::if_mock! { #error });
    }
    let (cfg, allowed, mock) = (&service.attrs.cfg, allowed_unused(), name(service));
    let generics = bare_generics(&service.generics);
    let phantom = phantom(&generics).map(|phantom| quote!(__types: #phantom,));
    let summary = format!(" A `{}` made of closures, for tests.", service.name);
    quote! {
        #krate::__private::if_mock! {
            #(#cfg)*
            #[doc = #summary]
            #allowed
            #vis struct #mock #generics {
                mock: #krate::mock::Mock,
                #phantom
            }
        }
    }
}

// Output:
//     impl CalculatorMock {
//         pub fn new() -> Self { … }
//         pub async fn client(&self) -> Result<CalculatorClient, Error> { … }
//         pub fn calls(&self) -> Vec<MockCall> { … }
//         pub fn on_add(self, handler: impl FnMut(f64) -> f64 + Send + 'static) -> Self { … }
//     }
pub(super) fn mock_impl(service: &Service) -> TokenStream {
    if service.taken.mock.is_some() {
        return TokenStream::new();
    }
    let krate = &service.krate;
    let (mock, allowed) = (name(service), allowed_unused());
    let generics = client_generics(service);
    let (with_bounds, arguments, clause) = generics.split_for_impl();
    let common = common(service);
    let handlers = service.methods.iter().map(|method| handlers(method, krate));
    let traits = traits(service);
    quote! {
        #krate::__private::if_mock! {
            #allowed
            impl #with_bounds #mock #arguments #clause {
                #common
                #(#handlers)*
            }

            #traits
        }
    }
}

fn common(service: &Service) -> TokenStream {
    let Service { krate, client, .. } = service;
    let (_, arguments, _) = service.generics.split_for_impl();
    quote! {
        /// A mock that answers nothing yet.
        #[must_use]
        pub fn new() -> Self {
            ::core::default::Default::default()
        }

        /// A client of this mock, over a broker inside the process.
        ///
        /// # Errors
        ///
        /// None in practice; the type is that of connecting to a broker.
        pub async fn client(
            &self,
        ) -> ::core::result::Result<#client #arguments, #krate::Error> {
            self.mock.client().await.map(::core::convert::From::from)
        }

        /// The calls so far, in the order they came.
        #[must_use]
        pub fn calls(&self) -> ::std::vec::Vec<#krate::mock::MockCall> {
            self.mock.calls()
        }
    }
}

fn traits(service: &Service) -> TokenStream {
    let (krate, mock) = (&service.krate, name(service));
    let text = mock.to_string();
    let generics = bare_generics(&service.generics);
    let (with_bounds, arguments, _) = generics.split_for_impl();
    let phantom = phantom(&generics).map(|_| quote!(__types: ::core::marker::PhantomData,));
    quote! {
        #[automatically_derived]
        impl #with_bounds ::core::default::Default for #mock #arguments {
            fn default() -> Self {
                Self { mock: #krate::mock::Mock::new(), #phantom }
            }
        }

        #[automatically_derived]
        impl #with_bounds ::core::fmt::Debug for #mock #arguments {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }
    }
}

// Output:
//     pub fn on_add(self, mut handler: impl FnMut(f64) -> f64 + Send + 'static) -> Self {
//         self.mock.on("add", move |__request| {
//             let __arguments = Arguments::<1>::bind(__request, &__METHOD_add)?;
//             let __number = <f64 as Argument>::required(&__arguments, 0)?;
//             let __output = handler(__number);
//             <f64 as Returned>::reply(&__output, __request)
//         });
//         self
//     }
fn handlers(method: &Method, krate: &TokenStream) -> TokenStream {
    let cfg = &method.attrs.cfg;
    let (on, wire) = (
        format_ident!("on_{}", method.ident().unraw()),
        method.wire.literal(),
    );
    let summary = format!(
        " Answers `{}` with `handler`, and no longer with an earlier one.",
        method.wire.text
    );
    let output = match &method.returns {
        Returns::Unit => None,
        Returns::Value(ty) | Returns::Result(ty, _) => Some(quote!(-> #ty)),
        Returns::Stream(items) => {
            let item = items.written();
            Some(quote!(-> ::std::vec::Vec<#item>))
        }
    };
    let bound = dispatch::bound(method, krate);
    let lent = method
        .arguments
        .iter()
        .map(|argument| bounds::lent(argument, krate));
    let replied = bounds::replied_at_once(method, &quote!(handler(#(#lent),*)), krate);
    let handlers = versions(&method.arguments).into_iter().map(|version| {
        let (version_cfg, types) = (version.cfg(), version.types);
        quote! {
            #(#cfg)*
            #version_cfg
            #[doc = #summary]
            #[must_use]
            #[allow(non_snake_case, reason = "it ends in the method's own name")]
            pub fn #on(
                self,
                mut handler: impl ::core::ops::FnMut(#(#types),*) #output
                    + ::core::marker::Send + 'static,
            ) -> Self {
                self.mock.on(#wire, move |__request| {
                    #bound
                    #replied
                });
                self
            }
        }
    });
    quote!(#(#handlers)*)
}

/// One way the arguments can be under `cfg`.
#[derive(Clone, Default)]
struct Version<'a> {
    conditions: Vec<TokenStream>,
    types: Vec<&'a Type>,
}

impl Version<'_> {
    fn has(&self, condition: &TokenStream) -> bool {
        let text = condition.to_string();
        self.conditions
            .iter()
            .any(|known| known.to_string() == text)
    }

    fn cfg(&self) -> Option<TokenStream> {
        let conditions = &self.conditions;
        (!conditions.is_empty()).then(|| quote!(#[cfg(all(#(#conditions),*))]))
    }
}

/// All there are: a closure's type cannot have `cfg` on its arguments, so each has
/// a handler of its own.
fn versions(arguments: &[Argument]) -> Vec<Version<'_>> {
    let mut versions = vec![Version::default()];
    for argument in arguments {
        let there = condition(&argument.cfg);
        let gone = quote!(not(#there));
        let open = |version: &&Version<'_>| !version.has(&there) && !version.has(&gone);
        if !argument.cfg.is_empty() {
            let mut without: Vec<_> = versions.iter().filter(open).cloned().collect();
            for version in versions.iter_mut().filter(|version| open(&&**version)) {
                version.conditions.push(there.clone());
            }
            for version in &mut without {
                version.conditions.push(gone.clone());
            }
            versions.extend(without);
        }
        for version in versions.iter_mut().filter(|version| !version.has(&gone)) {
            version.types.push(&argument.ty);
        }
    }
    versions
}
