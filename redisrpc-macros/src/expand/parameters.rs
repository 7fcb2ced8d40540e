//! Type parameters that travel: each must be something that can.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Generics, WherePredicate, parse_quote};

use crate::{
    model::{Method, Returns, Service},
    ty,
};

/// Says at each parameter that travels what it lacks.
//
// Output:
//     fn __parameters<V: Clone, E>() {
//         Travels::<V>::check(travels);
//         Fails::<E>::check(travels);
//     }
pub(super) fn checks(service: &Service) -> Option<TokenStream> {
    let private = &service.krate;
    let private = quote!(#private::__private);
    let checks = travelling(service).map(|name| {
        let asked = if is_error(service, name) {
            quote!(Fails)
        } else {
            quote!(Travels)
        };
        let check = quote!(#private::#asked::<#name>::check(#private::travels););
        ty::at(name.span(), check)
    });
    let checks: Vec<_> = checks.collect();
    let generics = super::client_generics(service);
    let (with_bounds, _, clause) = generics.split_for_impl();
    (!checks.is_empty()).then(|| {
        quote! {
            #[allow(dead_code, reason = "it is there to be compiled")]
            fn __parameters #with_bounds() #clause {
                #(#checks)*
            }
        }
    })
}

/// The service's generics, with parameters that travel taken for what they must
/// be: what they lack is said by [`checks`] and nowhere else.
pub(super) fn bounded(service: &Service) -> Generics {
    let krate = &service.krate;
    let mut generics = service.generics.clone();
    for name in travelling(service) {
        let display = is_error(service, name).then(|| quote!(+ ::core::fmt::Display));
        let predicate: WherePredicate = parse_quote!(#name: #krate::__private::Parameter #display);
        generics.make_where_clause().predicates.push(predicate);
    }
    generics
}

/// The parameters whose values are in a request or a reply.
fn travelling(service: &Service) -> impl Iterator<Item = &Ident> {
    let params = service.generics.type_params().map(|param| &param.ident);
    params.filter(|name| service.methods.iter().any(|method| carries(method, name)))
}

fn carries(method: &Method, name: &Ident) -> bool {
    let mut arguments = method.arguments.iter();
    arguments.any(|argument| ty::holds(&argument.ty, name))
        || match &method.returns {
            Returns::Unit => false,
            Returns::Value(ty) | Returns::Result(ty, _) => ty::holds(ty, name),
            Returns::Stream(items) => [Some(&items.ty), items.error.as_ref()]
                .into_iter()
                .flatten()
                .any(|ty| ty::holds(ty, name)),
        }
}

/// Whether a method has the parameter for its error.
fn is_error(service: &Service, name: &Ident) -> bool {
    let mut returns = service.methods.iter().map(|method| &method.returns);
    returns.any(|returns| {
        let error = match returns {
            Returns::Result(_, Some(both)) => Some(&both.1),
            Returns::Stream(items) => items.error.as_ref(),
            _ => None,
        };
        error.is_some_and(|error| ty::is_named(ty::bare(error), &name.to_string()))
    })
}
