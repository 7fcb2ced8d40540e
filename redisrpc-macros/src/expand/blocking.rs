//! The client for programs without a runtime. It is there only with the runtime's
//! feature `blocking`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{allowed_unused, bare_generics, bounds, client_generics, parameter};
use crate::{
    model::{Carried, Method, Returns, Service},
    names,
};

pub(super) fn name(service: &Service) -> Ident {
    names::beside_client(&service.client, "BlockingClient")
}

// Output:
//     /// Calls a [`Calculator`] that runs on a server, and waits.
//     pub struct CalculatorBlockingClient {
//         client: CalculatorClient,
//     }
pub(super) fn client_struct(service: &Service) -> TokenStream {
    let Service {
        krate, vis, client, ..
    } = service;
    if let Some(error) = &service.taken.blocking {
        return quote!(#krate::__private::if_blocking! { #error });
    }
    let (cfg, allowed, blocking) = (&service.attrs.cfg, allowed_unused(), name(service));
    let generics = bare_generics(&service.generics);
    let (_, arguments, _) = generics.split_for_impl();
    let summary = format!(
        " Calls a `{}` that runs on a server, and waits for its answers.",
        service.name
    );
    quote! {
        #krate::__private::if_blocking! {
            #(#cfg)*
            #[doc = #summary]
            #allowed
            #vis struct #blocking #generics {
                client: #client #arguments,
            }
        }
    }
}

// Output:
//     impl CalculatorBlockingClient {
//         pub fn new(broker: &Broker, queue: impl Into<String>) -> Self { … }
//         pub fn client(&self) -> &CalculatorClient { … }
//         pub fn add(&self, number: f64) -> Result<f64, CallError> {
//             CalculatorClient::add(&self.client, number).wait()
//         }
//     }
pub(super) fn client_impl(service: &Service) -> TokenStream {
    if service.taken.blocking.is_some() {
        return TokenStream::new();
    }
    let (krate, client) = (&service.krate, &service.client);
    let (blocking, allowed) = (name(service), allowed_unused());
    let generics = client_generics(service);
    let (with_bounds, arguments, clause) = generics.split_for_impl();
    let on_default_queue = service.queue.as_ref().map(|queue| {
        let summary = format!(" A client of the servers at the queue `{}`.", queue.value());
        quote! {
            #[doc = #summary]
            #[must_use]
            pub fn on_default_queue(broker: &#krate::Broker) -> Self {
                ::core::convert::From::from(#client::on_default_queue(broker))
            }
        }
    });
    let methods = service
        .methods
        .iter()
        .map(|method| waiting(method, service));
    let traits = traits(service);
    quote! {
        #krate::__private::if_blocking! {
            #allowed
            impl #with_bounds #blocking #arguments #clause {
                /// A client of the servers at this queue.
                #[must_use]
                pub fn new(
                    broker: &#krate::Broker,
                    queue: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    ::core::convert::From::from(#client::new(broker, queue))
                }

                #on_default_queue

                /// The client whose calls are waited for.
                #[must_use]
                pub fn client(&self) -> &#client #arguments {
                    &self.client
                }

                #(#methods)*
            }

            #traits
        }
    }
}

fn traits(service: &Service) -> TokenStream {
    let (client, blocking) = (&service.client, name(service));
    let text = blocking.to_string();
    let generics = bare_generics(&service.generics);
    let (with_bounds, arguments, _) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #with_bounds ::core::convert::From<#client #arguments> for #blocking #arguments {
            fn from(client: #client #arguments) -> Self {
                Self { client }
            }
        }

        #[automatically_derived]
        impl #with_bounds ::core::clone::Clone for #blocking #arguments {
            fn clone(&self) -> Self {
                Self { client: ::core::clone::Clone::clone(&self.client) }
            }
        }

        #[automatically_derived]
        impl #with_bounds ::core::fmt::Debug for #blocking #arguments {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text).field("client", &self.client).finish()
            }
        }
    }
}

fn waiting(method: &Method, service: &Service) -> TokenStream {
    let Service { krate, client, .. } = service;
    let Carried { cfg, doc, stub } = &method.attrs;
    let name = method.ident();
    let undocumented = doc.is_empty().then(|| {
        let summary = format!(" Calls `{}`.", method.wire.text);
        quote!(#[doc = #summary])
    });
    let parameters = method.arguments.iter().map(parameter);
    let passed = method.arguments.iter().map(|argument| {
        let (cfg, name) = (&argument.cfg, &argument.ident);
        quote!(#(#cfg)* #name)
    });
    let result = |value: TokenStream, error: TokenStream| quote!(::core::result::Result<#value, #krate::#error>);
    let output = match &method.returns {
        _ if method.oneway.is_some() => result(quote!(()), quote!(Error)),
        Returns::Unit => result(quote!(()), quote!(CallError)),
        Returns::Value(ty) => result(quote!(#ty), quote!(CallError)),
        Returns::Result(ty, both) => {
            let (value, error) = bounds::result_types(method, ty, both.as_deref(), krate);
            result(value, quote!(CallError<#error>))
        }
        Returns::Stream(items) => {
            let (item, error) = (&items.ty, &items.error);
            let error = error.as_ref().map(|error| quote!(, #error));
            quote!(#krate::BlockingStream<#item #error>)
        }
    };
    quote! {
        #(#cfg)*
        #(#doc)*
        #undocumented
        ///
        /// # Errors
        ///
        /// As awaiting the call does.
        #(#stub)*
        pub fn #name(&self, #(#parameters),*) -> #output {
            #client::#name(&self.client, #(#passed),*).wait()
        }
    }
}
