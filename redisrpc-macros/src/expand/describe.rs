//! The service's constants: what callers, tools and error texts know of it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::{
    contract::facts,
    model::{Argument, Method, Service},
    names,
};

// Output:
//     static __METHOD_add: MethodDescriptor =
//         MethodDescriptor::new("add", &[ArgumentDescriptor::new("number", "f64")], "f64")
//             .with_doc("Adds.");
//     static __SERVICE: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&__METHOD_add])
//         .with_version(::core::option_env!("CARGO_PKG_VERSION"));
pub(crate) fn descriptors(service: &Service) -> TokenStream {
    let krate = &service.krate;
    let methods = service
        .methods
        .iter()
        .map(|method| descriptor(method, krate));
    let entries = service.methods.iter().map(|method| {
        let cfg = &method.attrs.cfg;
        let constant = names::descriptor(method.ident());
        quote!(#(#cfg)* &#constant)
    });
    let name = service.name.to_string();
    let doc = facts::doc(&service.attrs);
    quote! {
        #(#methods)*
        static __SERVICE: #krate::descriptor::ServiceDescriptor =
            #krate::descriptor::ServiceDescriptor::new(#name, #doc, &[#(#entries),*])
                .with_version(::core::option_env!("CARGO_PKG_VERSION"));
    }
}

fn descriptor(method: &Method, krate: &TokenStream) -> TokenStream {
    let cfg = &method.attrs.cfg;
    let constant = names::descriptor(method.ident());
    let facts = facts::method(method);
    let arguments = method.arguments.iter().map(|it| argument(it, krate));
    let (name, returns, doc) = (&facts.name, &facts.returns, &facts.doc);
    let error = facts.error.map(|error| quote!(.with_error(#error)));
    let doc = (!doc.is_empty()).then(|| quote!(.with_doc(#doc)));
    let aliases = with_aliases(&facts.aliases);
    let timeout = facts.timeout_ms.map(|ms| {
        let ms = Literal::u64_unsuffixed(ms);
        quote!(.with_timeout_ms(#ms))
    });
    let oneway = facts.oneway.then(|| quote!(.with_oneway()));
    let idempotent = facts.idempotent.then(|| quote!(.with_idempotent()));
    // One that blocks cannot be ended: its thread would go on where nobody counts it.
    let goes_on = method.detached.is_some() || method.blocking.is_some();
    let detached = goes_on.then(|| quote!(.with_detached()));
    quote! {
        #(#cfg)*
        static #constant: #krate::descriptor::MethodDescriptor =
            #krate::descriptor::MethodDescriptor::new(#name, &[#(#arguments),*], #returns)
                #error #doc #aliases #timeout #oneway #idempotent #detached;
    }
}

fn argument(argument: &Argument, krate: &TokenStream) -> TokenStream {
    let cfg = &argument.cfg;
    let facts = facts::argument(argument);
    let (name, text) = (&facts.name, &facts.type_text);
    let aliases = with_aliases(&facts.aliases);
    let default = facts.default.then(|| quote!(.with_default()));
    let rest = facts.rest.then(|| quote!(.with_rest()));
    quote! {
        #(#cfg)*
        #krate::descriptor::ArgumentDescriptor::new(#name, #text) #aliases #default #rest
    }
}

fn with_aliases(aliases: &[String]) -> Option<TokenStream> {
    (!aliases.is_empty()).then(|| quote!(.with_aliases(&[#(#aliases),*])))
}
