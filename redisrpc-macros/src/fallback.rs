//! After a mistake: the user's item, and of everything else the signatures, so
//! that one mistake makes one error and not one more for every use.

use std::mem;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{GenericParam, Item, Path, TraitItem};

use crate::{
    beside, expand,
    model::{Method, Service},
    names, ty, validate,
};

/// A stand-in for everything the service would have become.
/// `mistake` makes the compiler show one of those there are.
pub(crate) fn service(mut service: Service, mistake: Option<&TokenStream>) -> TokenStream {
    let item = expand::item(&service);
    // Where the names are the mistake, more of them is no help.
    if !validate::names_are_free(&service) {
        return item;
    }
    let borrowed = lifetimes_taken(&mut service);
    let mistake = mistake.filter(|_| !service.stand_ins.is_empty());
    let stand_ins = mem::take(&mut service.stand_ins);
    let is_whole = |it: &Method| stand_ins.iter().all(|other| other.ident() != it.ident());
    service.methods.retain(is_whole);
    service.methods.extend(stand_ins);
    let derived = derived(&service, mistake);
    let derived = ty::with_lifetimes(derived, "static", &mut |name| borrowed.contains(name));
    quote!(#item #derived)
}

/// Takes the service's own lifetimes away. A service cannot have any, and to all
/// that is derived of it they are `'static`.
fn lifetimes_taken(service: &mut Service) -> Vec<Ident> {
    let names = service.generics.lifetimes();
    let names = names.map(|param| param.lifetime.ident.clone()).collect();
    let params = mem::take(&mut service.generics.params).into_iter();
    service.generics.params = params
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .collect();
    let target = mem::take(&mut service.target);
    service.target = ty::with_lifetimes(target, "static", &mut |name| name == "_");
    names
}

fn derived(service: &Service, mistake: Option<&TokenStream>) -> TokenStream {
    let mistake = mistake.map(|mistake| mistaken_type(mistake, &service.krate));
    let import = expand::import(service);
    let taken = &service.taken;
    let client = (!taken.client).then(|| expand::client_struct(service));
    let wrapper = taken
        .wrapper
        .is_none()
        .then(|| expand::wrapper_struct(service));
    let stub = |method: &Method| stub(method, &service.krate);
    let stubs = match (taken.client, taken.service) {
        (false, _) => Some(expand::stubs(service, &stub)),
        // Of one that has some of its methods by now.
        (true, true) => Some(expand::methods(service, None, &stub)),
        (true, false) => None,
    };
    let client_impl = (!taken.client).then(|| client_impl(service));
    let service_impl = service_impl(service);
    let (krate, cfg) = (&service.krate, &service.attrs.cfg);
    quote! {
        #import
        #client
        #wrapper
        #(#cfg)*
        #[allow(deprecated, non_upper_case_globals, unused_variables)]
        const _: () = {
            #mistake
            static __SERVICE: #krate::descriptor::ServiceDescriptor =
                #krate::descriptor::ServiceDescriptor::new("", "", &[]);
            #stubs
            #client_impl
            #service_impl
        };
    }
}

/// A type that is none, because of a mistake: the compiler has nothing to say of what
/// is done with it.
fn mistaken_type(mistake: &TokenStream, krate: &TokenStream) -> TokenStream {
    let name = names::mistake();
    quote! {
        #[allow(dead_code)]
        type #name = #krate::__private::Checked<(), { #mistake }>;
    }
}

/// The service that there would be; of what has the wrapper's name instead, if it can.
fn service_impl(service: &Service) -> Option<TokenStream> {
    let krate = &service.krate;
    match service.taken.wrapper {
        _ if service.taken.service => None,
        None => Some(expand::service_impl(service, &hollow())),
        Some(false) => None,
        Some(true) => {
            let name = expand::wrapper_name(service).into_token_stream();
            Some(hollow_service(&name, krate))
        }
    }
}

/// A service for what has one of the attributes that cannot make it one.
pub(crate) fn refused(item: &Item, krate: Option<Path>) -> Option<TokenStream> {
    let (name, generics) = match item {
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Enum(item) => (&item.ident, &item.generics),
        Item::Impl(item) if item.trait_.is_some() => {
            (ty::path(&item.self_ty)?.get_ident()?, &item.generics)
        }
        _ => return None,
    };
    let krate = krate.map_or_else(|| quote!(::redisrpc), Path::into_token_stream);
    (generics.params.is_empty() && beside::is_alone(name)).then(|| {
        let service = hollow_service(&name.to_token_stream(), &krate);
        quote!(const _: () = { #service };)
    })
}

fn hollow_service(ty: &TokenStream, krate: &TokenStream) -> TokenStream {
    let hollow = hollow();
    quote! {
        impl #krate::Service for #ty {
            type Cell = ();
            const DESCRIPTOR: &'static #krate::descriptor::ServiceDescriptor =
                &#krate::descriptor::ServiceDescriptor::new("", "", &[]);
            const ORDERED: ::core::primitive::bool = false;

            fn into_cell(self) { #hollow }

            async fn dispatch(
                _: &::std::sync::Arc<()>,
                _: &#krate::__private::Request<'_>,
            ) -> #krate::__private::Dispatched {
                #hollow
            }
        }
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
        let cfg = method
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"));
        // Not `async`: what it is given need not be `Send`.
        let krate = &service.krate;
        let streams = ty::ident_in(&method.sig.output, "Stream").is_some();
        let body = match (method.sig.asyncness, streams) {
            (Some(_), false) => quote!(::core::future::pending()),
            (Some(_), true) => quote!(::core::future::ready(#krate::__private::no_stream())),
            (None, false) => hollow(),
            (None, true) => quote!(#krate::__private::no_stream()),
        };
        let sig = expand::promised(method.clone()).sig;
        methods.push(quote!(#(#cfg)* #sig { #body }));
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
pub(crate) fn hollow() -> TokenStream {
    quote!(::core::unimplemented!())
}
