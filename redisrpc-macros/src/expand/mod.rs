//! From the model to code. Nothing can fail here any more.

mod blocking;
mod bounds;
mod describe;
mod dispatch;
mod item;
mod mock;
mod parameters;
mod parts;
mod stub;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, GenericParam, Generics, WherePredicate};

use crate::{
    contract,
    model::{Argument, Service},
    ty,
};

pub(crate) use dispatch::{service_impl, wrapper_struct};
pub(crate) use item::{item, promised};
pub(crate) use stub::{client_struct, methods, stub_head, stubs};

/// Everything a service becomes.
//
// Input:
//     trait Calculator { async fn add(&self, number: f64) -> f64; }
//
// Output:
//     trait Calculator { fn add(&self, number: f64) -> impl Future<Output = f64> + Send; }
//     struct CalculatorClient { … }
//     struct CalculatorService<T>(T);         // of a trait only
//     struct CalculatorBlockingClient { … }   // with the feature `blocking`
//     struct CalculatorMock { … }             // with the feature `mock`
//     const _: () = {
//         static __METHOD_add: MethodDescriptor = …;
//         static __SERVICE: ServiceDescriptor = …;
//         impl CalculatorClient { … }
//         impl<T: Calculator + …> Service for CalculatorService<T> { … }
//                                         // not of a service that is elsewhere
//     };
pub(crate) fn service(mut service: Service) -> TokenStream {
    let parameters = parameters::checks(&service);
    service.generics = parameters::bounded(&service);
    let descriptors = describe::descriptors(&service);
    if service.is_stub() {
        without_defaults(&mut service);
    }
    let service = &service;
    let (item, import) = (item(service), import(service));
    let client = client_struct(service);
    let wrapper = wrapper_struct(service);
    let krate = &service.krate;
    let stubs = stubs(service, &|method| stub::stub(method, krate));
    let client_impl = stub::client_impl(service);
    let service_impl =
        (!service.is_stub()).then(|| service_impl(service, &parts::dispatch(service)));
    // The runtime's macros decide about these: it may be built with features for
    // one program and without for another, and its macros only once for both.
    // Here it is only spared to write what nobody wants.
    let (blocking, blocking_impl) = cfg!(any(test, feature = "blocking"))
        .then(|| {
            (
                blocking::client_struct(service),
                blocking::client_impl(service),
            )
        })
        .unzip();
    let (mock, mock_impl) = cfg!(any(test, feature = "mock"))
        .then(|| (mock::mock_struct(service), mock::mock_impl(service)))
        .unzip();
    let contract = contract::tracked(service);
    let cfg = &service.attrs.cfg;
    quote! {
        #item
        #import
        #client
        #wrapper
        #blocking
        #mock
        #(#cfg)*
        #[allow(
            deprecated,
            non_upper_case_globals,
            clippy::too_many_arguments,
            reason = "of methods that are served as they are; constants end in their names"
        )]
        const _: () = {
            #contract
            #parameters
            #descriptors
            #stubs
            #client_impl
            #service_impl
            #blocking_impl
            #mock_impl
        };
    }
}

/// Takes away what only the server knows, so that a mock asks for all arguments; the
/// stub sends them all.
fn without_defaults(service: &mut Service) {
    let methods = service.methods.iter_mut();
    for argument in methods.flat_map(|method| &mut method.arguments) {
        argument.default = None;
    }
}

/// Imports what `crate = path` names, for all code that follows: a wrong path is
/// reported here, and the compiler has nothing to say about uses of the name.
//
// Output:
//     use path::__private::root as __redisrpc_of_CalculatorClient;
pub(crate) fn import(service: &Service) -> Option<TokenStream> {
    let path = service.krate_given.as_ref()?;
    let (krate, cfg) = (&service.krate, &service.attrs.cfg);
    let span = path.segments.last().map(|last| last.ident.span());
    let root = ty::at(
        span.unwrap_or_else(Span::call_site),
        quote!(__private::root),
    );
    Some(quote!(#(#cfg)* use #path::#root as #krate;))
}

/// The generics of the client: those of the service, without what only makes
/// sense for the service itself.
pub(crate) fn client_generics(service: &Service) -> Generics {
    let mut generics = service.generics.clone();
    if let Some(clause) = &mut generics.where_clause {
        clause.predicates = clause
            .predicates
            .iter()
            .filter(|predicate| ty::ident_in(predicate, "Self").is_none())
            .cloned()
            .collect();
    }
    generics
}

/// The generics with nothing but names (and the types of constants, and
/// defaults): what a struct needs.
pub(crate) fn bare_generics(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    for param in &mut generics.params {
        if let GenericParam::Type(param) = param {
            let may_be_unsized = param
                .bounds
                .iter()
                .filter(|bound| matches!(bound, syn::TypeParamBound::Trait(bound) if bound.maybe.is_some()))
                .cloned()
                .collect();
            param.bounds = may_be_unsized;
        }
    }
    generics
}

/// A type that holds nothing, and mentions every type parameter; `None` if
/// there are none.
pub(crate) fn phantom(generics: &Generics) -> Option<TokenStream> {
    let names: Vec<_> = generics.type_params().map(|param| &param.ident).collect();
    (!names.is_empty()).then(|| {
        // A function pointer, so that the client is `Send` and `Sync` whatever
        // the parameters are.
        quote!(::core::marker::PhantomData<fn() -> (#(::core::marker::PhantomData<#names>,)*)>)
    })
}

/// `name: T` of an argument, with its `cfg`.
pub(crate) fn parameter(argument: &Argument) -> TokenStream {
    let Argument { ident, ty, cfg, .. } = argument;
    quote!(#(#cfg)* #ident: #ty)
}

/// The place of an argument: how many are before it. Those under `cfg` count
/// only if they are there.
pub(crate) fn index(arguments: &[Argument], at: usize) -> TokenStream {
    let before = &arguments[..at.min(arguments.len())];
    let always = before
        .iter()
        .filter(|argument| argument.cfg.is_empty())
        .count();
    let always = proc_macro2::Literal::usize_unsuffixed(always);
    let under_cfg = before
        .iter()
        .filter(|argument| !argument.cfg.is_empty())
        .map(|argument| {
            let condition = condition(&argument.cfg);
            quote!(::core::cfg!(#condition) as usize)
        });
    quote!(#always #(+ (#under_cfg))*)
}

/// What all the `cfg` ask for, as one condition.
pub(crate) fn condition(cfg: &[Attribute]) -> TokenStream {
    let lists = cfg.iter().filter_map(|attr| attr.meta.require_list().ok());
    let conditions = lists.map(|list| &list.tokens);
    quote!(all(#(#conditions),*))
}

/// A type that is generated beside a service.
pub(crate) struct Generated {
    pub(crate) name: Ident,
    pub(crate) what: What,
}

pub(crate) enum What {
    Client,
    Wrapper,
    Blocking,
    Mock,
}

impl Generated {
    pub(crate) fn of(service: &Service) -> Vec<Self> {
        let wrapper = service.is_trait().then(|| wrapper_name(service));
        let blocking = cfg!(feature = "blocking").then(|| blocking::name(service));
        let mock = cfg!(feature = "mock").then(|| mock::name(service));
        let all = [
            (Some(service.client.clone()), What::Client),
            (wrapper, What::Wrapper),
            (blocking, What::Blocking),
            (mock, What::Mock),
        ];
        let all = all.into_iter();
        all.filter_map(|(name, what)| Some(Self { name: name?, what }))
            .collect()
    }
}

/// The name of the struct that wraps a trait's implementors.
pub(crate) fn wrapper_name(service: &Service) -> Ident {
    format_ident!("{}Service", service.name, span = service.name.span())
}

/// A name for the wrapper's own type parameter, used nowhere in the trait.
pub(crate) fn implementor(service: &Service) -> Ident {
    let free = ["T", "Implementor"]
        .into_iter()
        .find(|name| ty::ident_in(&service.item, name).is_none());
    format_ident!("{}", free.unwrap_or("__T"))
}

/// The where clause of `generics` with `Self` replaced, as predicates.
pub(crate) fn predicates_for(generics: &Generics, implementor: &TokenStream) -> Vec<TokenStream> {
    let predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    predicates
        .map(|predicate: &WherePredicate| ty::without_self(predicate, implementor))
        .collect()
}

/// For what a feature of the runtime adds, wanted or not.
pub(crate) fn allowed_unused() -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            unreachable_pub,
            private_interfaces,
            reason = "it is there because a feature is on, perhaps for another crate"
        )]
    }
}
