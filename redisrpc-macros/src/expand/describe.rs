//! The service's constants: what callers, tools and error texts know of it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::{
    model::{Argument, Method, Returns, Service},
    names, ty,
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
    let doc = text_of(&service.attrs.doc);
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
    let name = method.wire.literal();
    let arguments = method.arguments.iter().map(|it| argument(it, krate));
    let (returns, error) = match &method.returns {
        Returns::Unit => ("()".to_owned(), None),
        Returns::Value(ty) => (ty::text(ty), None),
        Returns::Result(_, Some(both)) => (ty::text(&both.0), Some(ty::text(&both.1))),
        Returns::Result(ty, None) => (ty::text(ty), Some(ty::text(ty))),
    };
    let error = error.map(|error| quote!(.with_error(#error)));
    let doc = text_of(&method.attrs.doc);
    let doc = (!doc.is_empty()).then(|| quote!(.with_doc(#doc)));
    let aliases = with_aliases(&method.aliases);
    let timeout = method.timeout.as_ref().map(|timeout| {
        let ms = proc_macro2::Literal::u64_unsuffixed(timeout.ms);
        quote!(.with_timeout_ms(#ms))
    });
    let oneway = method.oneway.as_ref().map(|_| quote!(.with_oneway()));
    let idempotent = method
        .idempotent
        .as_ref()
        .map(|_| quote!(.with_idempotent()));
    quote! {
        #(#cfg)*
        static #constant: #krate::descriptor::MethodDescriptor =
            #krate::descriptor::MethodDescriptor::new(#name, &[#(#arguments),*], #returns)
                #error #doc #aliases #timeout #oneway #idempotent;
    }
}

fn argument(argument: &Argument, krate: &TokenStream) -> TokenStream {
    let cfg = &argument.cfg;
    let name = argument.wire.literal();
    let text = ty::text(&argument.ty);
    let aliases = with_aliases(&argument.aliases);
    let default = argument.default.as_ref().map(|_| quote!(.with_default()));
    let rest = argument.rest.as_ref().map(|_| quote!(.with_rest()));
    quote! {
        #(#cfg)*
        #krate::descriptor::ArgumentDescriptor::new(#name, #text) #aliases #default #rest
    }
}

fn with_aliases(aliases: &[names::WireName]) -> Option<TokenStream> {
    let aliases: Vec<_> = aliases.iter().map(names::WireName::literal).collect();
    (!aliases.is_empty()).then(|| quote!(.with_aliases(&[#(#aliases),*])))
}

/// The documentation as text, without the space that `///` leaves in front.
fn text_of(docs: &[Attribute]) -> String {
    let lines: Vec<String> = docs.iter().filter_map(line_of).collect();
    let text = lines.join("\n");
    text.trim().to_owned()
}

fn line_of(doc: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &doc.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(line),
        ..
    }) = &pair.value
    else {
        return None;
    };
    let line = line.value();
    Some(line.strip_prefix(' ').unwrap_or(&line).to_owned())
}
