//! The client: a struct with one method for each of the service's.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, parse_quote};

use super::{bare_generics, bounds, client_generics, index, parameter, phantom};
use crate::{
    model::{Carried, Method, Returns, Service},
    names, ty,
};

// Output:
//     /// Calls [`Calculator`] on a server.
//     pub struct CalculatorClient {
//         client: Client,
//     }
pub(crate) fn client_struct(service: &Service) -> TokenStream {
    let Service {
        krate,
        client,
        vis,
        name,
        ..
    } = service;
    let generics = bare_generics(&service.generics);
    let phantom = phantom(&generics).map(|phantom| quote!(__types: #phantom,));
    let Carried { cfg, doc, .. } = &service.attrs;
    let summary = if service.is_trait() {
        format!(" Calls a [`{name}`] that runs on a server.")
    } else {
        format!(" Calls a `{name}` that runs on a server.")
    };
    let more = (!doc.is_empty()).then(|| quote!(#[doc = ""] #(#doc)*));
    let allowed = allowed(service);
    // One that is there already is told at the name that this one comes from.
    let head = ty::at(client.span(), quote!(struct #client));
    let vis = match service.is_trait() {
        true => quote!(#vis),
        false => ty::at(client.span(), vis),
    };
    quote! {
        #(#cfg)*
        #[doc = #summary]
        #more
        #allowed
        #vis #head #generics {
            client: #krate::Client,
            #phantom
        }
    }
}

/// An impl block does not tell how visible its type is, so its client is `pub`:
/// that must not warn where the type is less than that. And a service that is
/// elsewhere may have more methods than are called here.
fn allowed(service: &Service) -> Option<TokenStream> {
    (!service.is_trait()).then(|| {
        quote! {
            #[allow(
                unreachable_pub,
                private_interfaces,
                dead_code,
                reason = "the client is as public as it can be, and may be used in part"
            )]
        }
    })
}

/// The client's methods, those that every client has too, and the traits it implements.
pub(crate) fn stubs(service: &Service, stub: &dyn Fn(&Method) -> TokenStream) -> TokenStream {
    let methods = methods(service, Some(&common_methods(service)), stub);
    let traits = traits(service);
    quote!(#methods #traits)
}

/// The client's methods after `first`, each as `stub` writes it.
pub(crate) fn methods(
    service: &Service,
    first: Option<&TokenStream>,
    stub: &dyn Fn(&Method) -> TokenStream,
) -> TokenStream {
    let client = &service.client;
    let generics = client_generics(service);
    let (with_bounds, arguments, clause) = generics.split_for_impl();
    let methods = service.methods.iter().map(stub);
    let (checks, allowed) = (bounds::checks(service), allowed(service));
    quote! {
        #checks

        #allowed
        impl #with_bounds #client #arguments #clause {
            #first
            #(#methods)*
        }
    }
}

/// What every client has.
fn common_methods(service: &Service) -> TokenStream {
    let krate = &service.krate;
    let name = service.name.to_string();
    let describes = format!(" The methods of `{name}`, their arguments and documentation.");
    let on_default_queue = service.queue.as_ref().map(|queue| {
        let constant = format!(" The queue of `{name}` unless another is named.");
        let summary = format!(" A client of the servers at the queue `{}`.", queue.value());
        quote! {
            #[doc = #constant]
            pub const QUEUE: &'static ::core::primitive::str = #queue;

            #[doc = #summary]
            #[must_use]
            pub fn on_default_queue(broker: &#krate::Broker) -> Self {
                Self::new(broker, Self::QUEUE)
            }
        }
    });
    quote! {
        #[doc = #describes]
        pub const DESCRIPTOR: &'static #krate::descriptor::ServiceDescriptor = &__SERVICE;

        /// A client of the servers at this queue.
        #[must_use]
        pub fn new(
            broker: &#krate::Broker,
            queue: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            ::core::convert::From::from(#krate::Client::new(broker, queue))
        }

        #on_default_queue

        /// The client by which the methods are called.
        #[must_use]
        pub fn client(&self) -> &#krate::Client {
            &self.client
        }
    }
}

/// `From<Client>`, `Clone` and `Debug`; not derived, because a derive asks the
/// service's type parameters for the same.
fn traits(service: &Service) -> TokenStream {
    let (krate, client) = (&service.krate, &service.client);
    let name = client.to_string();
    let generics = bare_generics(&service.generics);
    let (with_bounds, arguments, _) = generics.split_for_impl();
    let phantom = phantom(&generics).map(|_| quote!(__types: ::core::marker::PhantomData,));
    quote! {
        #[automatically_derived]
        impl #with_bounds ::core::convert::From<#krate::Client> for #client #arguments {
            fn from(client: #krate::Client) -> Self {
                Self { client, #phantom }
            }
        }

        #[automatically_derived]
        impl #with_bounds ::core::clone::Clone for #client #arguments {
            fn clone(&self) -> Self {
                ::core::convert::From::from(::core::clone::Clone::clone(&self.client))
            }
        }

        #[automatically_derived]
        impl #with_bounds ::core::fmt::Debug for #client #arguments {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name).field("client", &self.client).finish()
            }
        }
    }
}

// Output:
//     pub fn add(&self, number: f64) -> Call<f64> {
//         let mut __call = StubCall::new(&self.client, &__METHOD_add);
//         <f64 as Argument>::positional(&number, &mut __call, 0);
//         <f64 as Returned>::returning(__call)
//     }
pub(crate) fn stub(method: &Method, krate: &TokenStream) -> TokenStream {
    let head = stub_head(method, krate);
    let descriptor = names::descriptor(method.ident());
    let named = method.named.is_some();
    let sent =
        method.arguments.iter().enumerate().map(|(at, argument)| {
            bounds::sent(argument, &index(&method.arguments, at), named, krate)
        });
    let mutable = (!method.arguments.is_empty()).then(|| quote!(mut));
    let (call, returning) = (names::call(), bounds::returning(method, krate));
    quote! {
        #head {
            let #mutable #call = #krate::__private::StubCall::new(&self.client, &#descriptor);
            #(#sent)*
            #returning
        }
    }
}

/// A stub method up to its body.
pub(crate) fn stub_head(method: &Method, krate: &TokenStream) -> TokenStream {
    let Carried { cfg, doc, stub } = &method.attrs;
    let name = method.ident();
    let undocumented = doc.is_empty().then(|| {
        let summary = format!(" Calls `{}`.", method.wire.text);
        quote!(#[doc = #summary])
    });
    let parameters = method.arguments.iter().map(parameter);
    let call = call_type(method, krate);
    quote! {
        #(#cfg)*
        #(#doc)*
        #undocumented
        #(#stub)*
        pub fn #name(&self, #(#parameters),*) -> #call
    }
}

fn call_type(method: &Method, krate: &TokenStream) -> TokenStream {
    if method.oneway.is_some() {
        return quote!(#krate::OnewayCall);
    }
    match &method.returns {
        Returns::Unit => quote!(#krate::Call<()>),
        Returns::Value(ty) => quote!(#krate::Call<#ty>),
        Returns::Result(ty, both) => {
            let (value, error) = bounds::result_types(method, ty, both.as_deref(), krate);
            quote!(#krate::Call<#value, #error>)
        }
        Returns::Stream(items) => {
            let (item, error) = (&items.ty, &items.error);
            let error = error.as_ref().map(|error| quote!(, #error));
            quote!(#krate::StreamCall<#item #error>)
        }
    }
}

// Output:
//     impl Calculator for CalculatorClient {
//         async fn add(&self, number: f64) -> Result<f64, Error> {
//             <Error as FromRpcError>::flatten(Self::add(self, number).await)
//         }
//     }
pub(super) fn client_impl(service: &Service) -> Option<TokenStream> {
    service.client_impl?;
    let Service { client, target, .. } = service;
    let (with_bounds, arguments, clause) = service.generics.split_for_impl();
    let methods = service.methods.iter().map(|method| {
        let name = method.ident();
        let (cfg, inputs, output) = (&method.attrs.cfg, inputs(method), &method.sig.output);
        let body = bounds::flattened(method, &service.krate);
        quote! {
            #(#cfg)*
            async fn #name(#(#inputs),*) #output {
                #body
            }
        }
    });
    Some(quote! {
        #[automatically_derived]
        impl #with_bounds #target for #client #arguments #clause {
            #(#methods)*
        }
    })
}

/// The method's arguments, that which tells of the call by a name of ours.
fn inputs(method: &Method) -> Vec<FnArg> {
    let mut inputs: Vec<_> = method.sig.inputs.iter().cloned().collect();
    if let Some(context) = &method.context
        // The first is `self`.
        && let Some(FnArg::Typed(typed)) = inputs.get_mut(context.at + 1)
    {
        *typed.pat = parse_quote!(__context);
    }
    inputs
}
