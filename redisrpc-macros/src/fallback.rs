//! After a mistake: the user's item, and of everything else the signatures, so
//! that one mistake makes one error and not one more for every use.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, TraitItem};

use crate::{
    expand,
    model::{Method, Service},
    validate,
};

/// A stand-in for everything the service would have become.
pub(crate) fn service(service: &Service) -> TokenStream {
    let item = expand::item(service);
    // Where the names or parameters are the mistake, more of them is no help.
    if validate::borrows(service) || !validate::names_are_free(service) {
        return item;
    }
    let import = expand::import(service);
    let client = expand::client_struct(service);
    let wrapper = expand::wrapper_struct(service);
    let stubs = expand::stubs(service, &|method| stub(method, &service.krate));
    let service_impl = expand::service_impl(service, &hollow());
    let client_impl = client_impl(service);
    let (krate, cfg) = (&service.krate, &service.attrs.cfg);
    quote! {
        #item
        #import
        #client
        #wrapper
        #(#cfg)*
        #[allow(deprecated, non_upper_case_globals, unused_variables)]
        const _: () = {
            static __SERVICE: #krate::descriptor::ServiceDescriptor =
                #krate::descriptor::ServiceDescriptor::new("", "", &[]);
            #stubs
            #client_impl
            #service_impl
        };
    }
}

/// The trait for its client, with every method as it was written.
fn client_impl(service: &Service) -> Option<TokenStream> {
    let Item::Trait(item) = &service.item else {
        return None;
    };
    service.client_impl?;
    let mut methods = Vec::new();
    for item in &item.items {
        let TraitItem::Fn(method) = item else {
            return None;
        };
        let (sig, body) = (&method.sig, hollow());
        methods.push(quote!(#sig { #body }));
    }
    let (target, client) = (&service.target, &service.client);
    let (with_bounds, arguments, clause) = service.generics.split_for_impl();
    Some(quote!(impl #with_bounds #target for #client #arguments #clause { #(#methods)* }))
}

fn stub(method: &Method, krate: &TokenStream) -> TokenStream {
    // One that hides a method of the client has been complained about.
    if validate::hides(method) {
        return TokenStream::new();
    }
    let head = expand::stub_head(method, krate);
    let body = hollow();
    quote!(#head { #body })
}

/// The body of a function that is never run.
fn hollow() -> TokenStream {
    quote!(::core::unimplemented!())
}
