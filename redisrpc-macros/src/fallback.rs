//! After a mistake: the user's item, and of everything else the signatures, so
//! that one mistake makes one error and not one more for every use.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand,
    model::{Method, Service},
    validate,
};

/// A stand-in for everything the service would have become.
pub(crate) fn service(service: &Service) -> TokenStream {
    let item = expand::item(service);
    // Where the names or parameters are the mistake, more of them is no help.
    if service.generics.lifetimes().next().is_some() || !validate::names_are_free(service) {
        return item;
    }
    let client = expand::client_struct(service);
    let wrapper = expand::wrapper_struct(service);
    let stubs = expand::stubs(service, &|method| stub(method, &service.krate));
    let service_impl = expand::service_impl(service, &hollow());
    let client_impl = expand::client_impl(service, &|_| hollow());
    let (krate, cfg) = (&service.krate, &service.attrs.cfg);
    quote! {
        #item
        #client
        #wrapper
        #(#cfg)*
        #[allow(deprecated, unused_variables)]
        const _: () = {
            static __SERVICE: #krate::descriptor::ServiceDescriptor =
                #krate::descriptor::ServiceDescriptor::new("", "", &[]);
            #stubs
            #client_impl
            #service_impl
        };
    }
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
