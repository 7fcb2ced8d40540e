//! The server's side: `impl Service`, with one match arm for each method.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::{bounds, implementor, index, parts, phantom, predicates_for, wrapper_name};
use crate::{
    model::{ContextArgument, Method, Service},
    names, ty,
};

// Output:
//     /// A [`Calculator`] as a service.
//     pub struct CalculatorService<T>(T);
pub(crate) fn wrapper_struct(service: &Service) -> Option<TokenStream> {
    if !service.is_trait() {
        return None;
    }
    let Service { name, vis, .. } = service;
    let wrapper = wrapper_name(service);
    let implementor = implementor(service);
    let generics = wrapper_generics(service);
    let (with_names, arguments, _) = generics.split_for_impl();
    let phantom = phantom(&service.generics).map(|phantom| quote!(, #phantom));
    let empty = phantom
        .as_ref()
        .map(|_| quote!(, ::core::marker::PhantomData));
    let summary = format!(" A [`{name}`] as a service: what a server runs.");
    let new = format!(" Makes a service of an implementor of [`{name}`].");
    let text = wrapper.to_string();
    let cfg = &service.attrs.cfg;
    Some(quote! {
        #(#cfg)*
        #[doc = #summary]
        #vis struct #wrapper #with_names (#implementor #phantom);

        #(#cfg)*
        impl #with_names #wrapper #arguments {
            #[doc = #new]
            #[must_use]
            pub fn new(service: #implementor) -> Self {
                Self(service #empty)
            }
        }

        #(#cfg)*
        #[automatically_derived]
        impl #with_names ::core::fmt::Debug for #wrapper #arguments {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }
    })
}

/// `<T, K, V>`: the implementor and the trait's own parameters, as names.
fn wrapper_generics(service: &Service) -> syn::Generics {
    let implementor = implementor(service);
    let mut generics = super::bare_generics(&service.generics);
    for param in &mut generics.params {
        match param {
            syn::GenericParam::Type(param) => param.default = None,
            syn::GenericParam::Const(param) => param.default = None,
            syn::GenericParam::Lifetime(_) => {}
        }
    }
    generics.params.insert(0, syn::parse_quote!(#implementor));
    generics
}

/// What `Service` is implemented for.
pub(super) struct Subject {
    /// `<T: Calculator + Send + Sync + 'static>`
    pub(super) generics: TokenStream,
    /// `CalculatorService<T>`, or the type of the impl block.
    pub(super) ty: TokenStream,
    pub(super) clause: TokenStream,
    /// `T`, or the type of the impl block: as `Self`, because a lifetime that it lacks
    /// is to be told once.
    pub(super) object: TokenStream,
    /// How the object comes out of it: `self.0`.
    pub(super) unwrapped: TokenStream,
}

pub(super) fn subject(service: &Service) -> Subject {
    let Service {
        target, generics, ..
    } = service;
    if is_checked(service) {
        return Subject {
            generics: TokenStream::new(),
            ty: target.clone(),
            clause: TokenStream::new(),
            object: quote!(__Object<Self>),
            unwrapped: quote!(self),
        };
    }
    if !service.is_trait() {
        let (with_bounds, _, clause) = generics.split_for_impl();
        let can_be_run = can_be_run(service);
        let predicates = clause.iter().flat_map(|clause| &clause.predicates);
        let said = ty::at(service.name.span(), quote!(#target: #can_be_run));
        return Subject {
            generics: quote!(#with_bounds),
            ty: target.clone(),
            // Said here once, it is taken for granted in all that follows.
            clause: quote!(where #said, #(#predicates),*),
            object: target.clone(),
            unwrapped: quote!(self),
        };
    }
    let implementor = implementor(service);
    let wrapper = wrapper_name(service);
    let (names_only, names) = (wrapper_generics(service), &generics.params);
    let (_, arguments, _) = names_only.split_for_impl();
    let params = names.iter().map(without_default);
    let can_be_run = can_be_run(service);
    let predicates = predicates_for(generics, &quote!(#implementor));
    let static_params = generics.type_params().map(|param| &param.ident);
    Subject {
        generics: quote!(<#implementor, #(#params),*>),
        ty: quote!(#wrapper #arguments),
        clause: quote! {
            where
                #implementor: #target + #can_be_run,
                #(#static_params: 'static,)*
                #(#predicates),*
        },
        object: quote!(#implementor),
        unwrapped: quote!(self.0),
    }
}

/// Whether the object is one type, of which the compiler can say here whether a
/// server can run it; with parameters it can where they are known.
fn is_checked(service: &Service) -> bool {
    !service.is_trait() && service.generics.params.is_empty()
}

// Output:
//     const __CHECKED: bool = shared::<Calculator>();
//     type __Object<S> = Checked<S, __CHECKED>;
fn checked(service: &Service) -> Option<TokenStream> {
    let (krate, target) = (&service.krate, &service.target);
    let check = if needs_sync(service) {
        quote!(shared)
    } else {
        quote!(moved)
    };
    is_checked(service).then(|| {
        let head = quote!(#krate::__private::#check::<);
        let check = ty::around(service.name.span(), head, target, quote!(>()));
        quote! {
            const __CHECKED: ::core::primitive::bool = #check;
            type __Object<S> = #krate::__private::Checked<S, __CHECKED>;
        }
    })
}

fn without_default(param: &syn::GenericParam) -> syn::GenericParam {
    let mut param = param.clone();
    match &mut param {
        syn::GenericParam::Type(param) => param.default = None,
        syn::GenericParam::Const(param) => param.default = None,
        syn::GenericParam::Lifetime(_) => {}
    }
    param
}

/// What an object must be: shared where calls run at the same time.
fn can_be_run(service: &Service) -> TokenStream {
    let krate = &service.krate;
    if needs_sync(service) {
        quote!(#krate::__private::Shared)
    } else {
        quote!(#krate::__private::Moved)
    }
}

/// Bodies of async methods in a trait ask for `Self: Sync`.
fn needs_sync(service: &Service) -> bool {
    let asks = |method: &Method| method.has_default_body && method.sig.asyncness.is_some();
    !service.is_ordered() || service.methods.iter().any(asks)
}

// Output:
//     impl<T> Service for CalculatorService<T>
//     where
//         T: Calculator + Send + Sync + 'static,
//     {
//         type Cell = T;
//         const DESCRIPTOR: &'static ServiceDescriptor = &__SERVICE;
//         const ORDERED: bool = false;
//         fn into_cell(self) -> T { self.0 }
//         async fn dispatch(cell: &Arc<T>, request: &Request<'_>) -> Dispatched {
//             match request.method() {
//                 "add" => { … }
//                 _ => method_not_found(request, &__SERVICE),
//             }
//         }
//     }
pub(crate) fn service_impl(service: &Service, dispatch: &TokenStream) -> TokenStream {
    let krate = &service.krate;
    let private = quote!(#krate::__private);
    let Subject {
        generics,
        ty,
        clause,
        object,
        unwrapped,
    } = subject(service);
    let ordered = service.is_ordered();
    let cell = cell(service, &object);
    let into_cell = if ordered {
        quote!(#private::Mutex::new(#unwrapped))
    } else {
        unwrapped
    };
    let checked = checked(service);
    let parts = parts::parts(service);
    quote! {
        #checked
        #parts

        #[automatically_derived]
        impl #generics #krate::Service for #ty #clause {
            type Cell = #cell;

            const DESCRIPTOR: &'static #krate::descriptor::ServiceDescriptor = &__SERVICE;

            const ORDERED: ::core::primitive::bool = #ordered;

            fn into_cell(self) -> #cell {
                #into_cell
            }

            async fn dispatch(
                __cell: &::std::sync::Arc<#cell>,
                __request: &#private::Request<'_>,
            ) -> #private::Dispatched {
                #dispatch
            }
        }
    }
}

/// How the server holds the object.
pub(super) fn cell(service: &Service, object: &TokenStream) -> TokenStream {
    let krate = &service.krate;
    if service.is_ordered() {
        quote!(#krate::__private::Mutex<#object>)
    } else {
        object.clone()
    }
}

/// A match over methods, each with what it is told by.
pub(super) fn arms<'a>(
    service: &Service,
    object: &TokenStream,
    told_by: &TokenStream,
    methods: impl Iterator<Item = (TokenStream, &'a Method)>,
) -> TokenStream {
    let krate = &service.krate;
    let arms = methods.map(|(told, method)| arm(service, &told, method, object));
    quote! {
        match #told_by {
            #(#arms)*
            _ => #krate::__private::method_not_found(__request, &__SERVICE),
        }
    }
}

/// `"add" | "plus"`
pub(super) fn wire_names(method: &Method) -> TokenStream {
    let names = method.wire_names().map(names::WireName::literal);
    quote!(#(#names)|*)
}

// Output:
//     "add" | "plus" => {
//         let __arguments = Arguments::<1>::bind(__request, &__METHOD_add)?;
//         let __number: f64 = <f64 as Argument>::required(&__arguments, 0)?;
//         let __output = <T as Calculator>::add(&**__cell, __number).await;
//         <f64 as Returned>::reply(&__output, __request)
//     }
fn arm(
    service: &Service,
    told: &TokenStream,
    method: &Method,
    object: &TokenStream,
) -> TokenStream {
    let krate = &service.krate;
    let cfg = &method.attrs.cfg;
    let bound = bound(method, krate);
    let context = context(method, krate);
    let lock = lock(service, method);
    let call = call(service, method, object);
    let replied = bounds::replied(method, &call, krate);
    quote! {
        #(#cfg)*
        #told => {
            #bound
            #context
            #lock
            #replied
        }
    }
}

/// Takes the arguments out of the request.
pub(super) fn bound(method: &Method, krate: &TokenStream) -> TokenStream {
    let descriptor = names::descriptor(method.ident());
    let count = index(&method.arguments, method.arguments.len());
    let received = method.arguments.iter().enumerate().map(|(at, argument)| {
        bounds::received(argument, &index(&method.arguments, at), method, krate)
    });
    let bound = (!method.arguments.is_empty()).then(|| quote!(let __arguments =));
    quote! {
        #bound #krate::__private::Arguments::<{ #count }>::bind(__request, &#descriptor)?;
        #(#received)*
    }
}

/// What the method is told of its call, if it asks.
//
// Output:
//     let __context = context(__request, &__METHOD_add);
fn context(method: &Method, krate: &TokenStream) -> Option<TokenStream> {
    let cfg = &method.context.as_ref()?.cfg;
    let descriptor = names::descriptor(method.ident());
    Some(quote! {
        #(#cfg)*
        let __context = #krate::__private::context(__request, &#descriptor);
    })
}

/// All that the method is called with but itself, as it wants that.
fn lent(method: &Method, krate: &TokenStream) -> Vec<TokenStream> {
    let arguments = method.arguments.iter();
    let mut lent: Vec<_> = arguments.map(|it| bounds::lent(it, krate)).collect();
    if let Some(ContextArgument { at, cfg, ty }) = &method.context {
        // A type of another kind with this name is told where it stands.
        let context = ty::at(ty.span(), quote!(&__context));
        lent.insert((*at).min(lent.len()), quote!(#(#cfg)* #context));
    }
    lent
}

/// Gets hold of the object.
fn lock(service: &Service, method: &Method) -> TokenStream {
    let mutable = method.exclusive.then(|| quote!(mut));
    match (service.is_ordered(), method.blocking.is_some()) {
        (false, false) => TokenStream::new(),
        (false, true) => quote!(let __cell = ::core::clone::Clone::clone(__cell);),
        (true, false) => quote!(let #mutable __object = __cell.lock().await;),
        (true, true) => quote! {
            let #mutable __object = ::core::clone::Clone::clone(__cell).lock_owned().await;
        },
    }
}

/// The object; no type at all where something cannot travel, so that nothing is told
/// of that not being `Send` either.
//
// Output:
//     Checked<__Object<Self>, { <Answer as Argument>::TRAVELS }>
fn checked_object(service: &Service, method: &Method, object: &TokenStream) -> TokenStream {
    let krate = &service.krate;
    match bounds::all_travels(method, krate) {
        Some(check) if is_checked(service) => {
            quote!(#krate::__private::Checked<#object, { #check }>)
        }
        _ => object.clone(),
    }
}

/// Calls the method, by its full path: it may be called like anything.
fn call(service: &Service, method: &Method, object: &TokenStream) -> TokenStream {
    let (krate, target, name) = (&service.krate, &service.target, method.ident());
    let receiver = match (service.is_ordered(), method.exclusive) {
        (true, true) => quote!(&mut *__object),
        (true, false) => quote!(&*__object),
        (false, _) if method.blocking.is_some() => quote!(&*__cell),
        (false, _) => quote!(&**__cell),
    };
    let lent = lent(method, krate);
    // What is asked here of a method is told at its name. Not so the type: what is
    // wrong with that is told where it stands.
    let asks = method.blocking.is_some() || !service.is_trait();
    let span = match method.items() {
        _ if asks => name.span(),
        // What a trait promises that is no stream of ours is told where it is promised.
        Some(items) => items.span,
        None => Span::call_site(),
    };
    let span = span.resolved_at(Span::call_site());
    let of_trait = service.is_trait().then(|| quote!(as #target));
    let object = checked_object(service, method, object);
    let call = quote_spanned!(span=> <#object #of_trait>::#name(#receiver, #(#lent),*));
    let private = |name: TokenStream| ty::at(span, quote!(#krate::__private::#name));
    if method.blocking.is_some() {
        let run = private(quote!(run_blocking));
        return quote_spanned!(span=> #run(move || #call).await);
    }
    let mut call = call;
    if method.sig.asyncness.is_some() {
        call = match service.is_trait() {
            true => quote!(#call.await),
            // A trait promises `Send` futures; those of an impl block are asked here.
            false => {
                let checked = private(quote!(methods_run_on_any_thread));
                quote_spanned!(span=> #checked(#call).await)
            }
        };
    }
    if method.items().is_none() {
        return call;
    }
    let boxed = private(quote!(streams_run_on_any_thread));
    quote_spanned!(span=> #boxed(#call))
}
