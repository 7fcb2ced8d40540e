//! What the parts of a service must be together: the second gate. One function
//! per rule; each notes its mistakes and goes on.

mod methods;
mod names;

use quote::ToTokens as _;
use syn::Item;

use self::{
    methods::{
        check_blocking, check_defaults, check_detached, check_named, check_oneway, check_rest,
        check_stream,
    },
    names::{check_argument_names, check_generated_names, check_method_names, check_stub_name},
};
use crate::{
    contract,
    diag::Errors,
    model::{Returns, Service},
    ty,
};

pub(crate) use self::names::{hides, is_taken, names_are_free};

/// Notes everything that is wrong with the service.
pub(crate) fn service(service: &Service, errors: &mut Errors) {
    check_not_empty(service, errors);
    check_generics(service, errors);
    check_generated_names(service, errors);
    check_method_names(service, errors);
    for method in &service.methods {
        check_stub_name(method, errors);
        check_oneway(method, errors);
        check_blocking(method, errors);
        check_detached(method, errors);
        check_named(method, errors);
        check_argument_names(method, errors);
        check_defaults(method, errors);
        check_rest(method, errors);
        check_stream(method, service, errors);
    }
    check_client_impl(service, errors);
    contract::check(service, errors);
}

/// `trait Calculator {}`
fn check_not_empty(service: &Service, errors: &mut Errors) {
    if service.has_exports {
        return;
    }
    let name = &service.name;
    let how = if service.is_trait() {
        "give it one: `async fn add(&self, …) -> R;`"
    } else {
        "make one `pub`, or mark it `#[rpc]`"
    };
    errors.at(name, format_args!("`{name}` exports no method; {how}"));
}

/// `trait Calculator<'a>`, `impl<'a> Calculator<'a>`, `impl Calculator<'_>`
fn check_generics(service: &Service, errors: &mut Errors) {
    let text = "a service lives as long as its server and can borrow nothing; own the data, or \
                share it in an `Arc`";
    for param in service.generics.lifetimes() {
        errors.at(&param.lifetime, text);
    }
    if !service.is_trait() {
        let clause = service.generics.where_clause.to_token_stream();
        let mut params = service.generics.type_params();
        let is_used = |name: &str| {
            [&service.target, &clause]
                .into_iter()
                .any(|tokens| ty::ident_in(tokens, name).is_some())
        };
        if params.any(|param| !is_used(&param.ident.to_string())) {
            errors.left_to_the_compiler();
        }
    }
    if let Some(elided) = ty::ident_in(&service.target, "_") {
        errors.at(elided, text);
    }
}

/// `client = impl` needs a trait whose every method can fail to reach a server.
fn check_client_impl(service: &Service, errors: &mut Errors) {
    let Some(token) = &service.client_impl else {
        return;
    };
    if let Item::Impl(_) = service.item {
        let text = "`client = impl` implements a trait, and this is an impl block; put \
                    `#[service]` on a trait, or remove it";
        errors.at(token, text);
        return;
    }
    let mut refuse = |name: &syn::Ident, why: &str| {
        let text = format!("the client cannot implement `{name}`, as `client = impl` asks: {why}");
        errors.at(name, text);
    };
    for method in &service.methods {
        let name = method.ident();
        if method.items().is_some() {
            refuse(
                name,
                "it returns a stream, whose items are results at the caller's",
            );
        } else if method.sig.asyncness.is_none() {
            refuse(name, "it must be an `async fn`");
        } else if !matches!(method.returns, Returns::Result(..)) {
            refuse(
                name,
                "it must return a `Result` whose error is `From<redisrpc::Error>`",
            );
        }
    }
    for name in &service.skipped {
        refuse(name, "it is not exported; give it a body");
    }
}
