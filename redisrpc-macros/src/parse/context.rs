//! The argument that tells a method of its call: lent by the server, unknown to callers.

use syn::{PatType, PathArguments, Type};

use super::attributes::carried;
use crate::{args::ArgumentArgs, diag::Errors, model::ContextArgument, ty};

/// An argument as it was written, and its options.
type Written<'a> = (&'a PatType, ArgumentArgs);

/// Parts the argument that tells of the call, if there is one, from those that travel.
pub(super) fn part<'a>(
    arguments: impl Iterator<Item = Written<'a>>,
    errors: &mut Errors,
) -> (Option<ContextArgument>, Vec<Written<'a>>) {
    let (mut first, mut travelling) = (None, Vec::new());
    for (typed, args) in arguments {
        if !is_context(&typed.ty) {
            travelling.push((typed, args));
            continue;
        }
        refuse_options(&args, errors);
        refuse_unlent(&typed.ty, errors);
        match &first {
            None => first = Some((typed, travelling.len())),
            Some((first, _)) => {
                let text = "a method runs for one call and has one `Context`; remove this";
                errors.twice(&typed.ty, &first.ty, text);
            }
        }
    }
    let context = first.map(|(typed, at)| ContextArgument {
        at,
        cfg: carried(&typed.attrs).cfg,
        ty: (*typed.ty).clone(),
    });
    (context, travelling)
}

/// Whether it is `Context`, by whatever path, or a reference to that.
fn is_context(ty: &Type) -> bool {
    let lent = match ty::bare(ty) {
        Type::Reference(reference) => &reference.elem,
        _ => ty,
    };
    let last = ty::path(lent).and_then(|path| path.segments.last());
    last.is_some_and(|last| {
        last.ident == "Context" && matches!(last.arguments, PathArguments::None)
    })
}

/// `#[rpc(name = "call")] context: &Context`
fn refuse_options(args: &ArgumentArgs, errors: &mut Errors) {
    if let Some(option) = args.first_option() {
        let text = "a `Context` does not travel and has no options; remove `#[rpc]`";
        errors.at(option, text);
    }
}

/// `context: Context`, `context: &mut Context`
fn refuse_unlent(ty: &Type, errors: &mut Errors) {
    match ty::bare(ty) {
        Type::Reference(reference) => {
            if let Some(token) = reference.mutability {
                let text = "a method can only look at its `Context`; write `&Context`";
                errors.at(token, text);
            }
        }
        _ => {
            let text = "the server lends a method its `Context`; write `&Context`, or give a type \
                        of your own that is to travel another name";
            errors.at(ty, text);
        }
    }
}
