//! What a method's signature may not have, apart from its types.

use quote::ToTokens;
use syn::{GenericParam, Receiver, ReceiverKind, Safety, Signature, Type};

use crate::{diag::Errors, ty};

/// Whether the method takes `&mut self`; `None` if it cannot be called.
pub(super) fn exclusive(sig: &Signature, errors: &mut Errors) -> Option<bool> {
    let Some(receiver) = sig.receiver() else {
        let name = &sig.ident;
        errors.at(
            name,
            format_args!("`{name}` has no receiver; write `fn {name}(&self, …)`"),
        );
        return None;
    };
    let exclusive = is_exclusive(receiver);
    if exclusive.is_none() {
        let text = "a service stays with its server, so its methods take `&self` or `&mut self`";
        errors.at(receiver, text);
    }
    exclusive
}

/// In syn 3 the `mut` of `&mut self` is part of the receiver's kind.
fn is_exclusive(receiver: &Receiver) -> Option<bool> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match ty::bare(ty) {
            Type::Reference(reference) if ty::is_named(&reference.elem, "Self") => {
                Some(reference.mutability.is_some())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Notes `const` and the like.
pub(super) fn refuse_qualifiers(sig: &Signature, errors: &mut Errors) {
    let name = &sig.ident;
    let mut refuse = |tokens: &dyn ToTokens, what: &str| {
        let text = format!("a method that is called from afar cannot be {what}; write `fn {name}`");
        errors.at(tokens, text);
    };
    if let Some(token) = &sig.constness {
        refuse(token, "`const`");
    }
    match &sig.safety {
        Safety::Unsafe(token) => refuse(token, "`unsafe`"),
        Safety::Safe(token) => refuse(token, "`safe`"),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "`extern`");
    }
    if let Some(variadic) = &sig.variadic {
        let text = "callers cannot send C variadics; take a list: `#[rpc(rest)] values: Vec<T>`";
        errors.at(variadic, text);
    }
}

/// Notes parameters: a request has none.
pub(super) fn refuse_generics(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        match param {
            GenericParam::Type(param) => {
                let name = &param.ident;
                let text = format!(
                    "a request does not say which type `{name}` is; move `{name}` \
                                    to the service, or write a concrete type"
                );
                errors.at(name, text);
            }
            GenericParam::Const(param) => {
                let name = &param.ident;
                let text =
                    format!("a request does not say what `{name}` is; take it as an argument");
                errors.at(name, text);
            }
            GenericParam::Lifetime(param) => {
                let text = "callers share no lifetimes with the server; leave it out: `&str`, `&T`";
                errors.at(&param.lifetime, text);
            }
        }
    }
}
