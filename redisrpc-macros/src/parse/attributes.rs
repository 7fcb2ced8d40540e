//! Attributes: ours are taken off, others sorted by where they are repeated.

use std::mem;

use syn::{
    AttrStyle, Attribute, FnArg, Meta, Path, Signature, Token, parse_quote, punctuated::Punctuated,
};

use crate::{
    args::{self, ArgumentArgs},
    diag::Errors,
    model::Carried,
};

/// The options of the method's arguments; takes the attributes off.
pub(super) fn take_argument_args(sig: &mut Signature, errors: &mut Errors) -> Vec<ArgumentArgs> {
    let mut all = Vec::new();
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => {
                unfold(&mut typed.attrs, errors);
                let rpc = take_rpc(&mut typed.attrs);
                all.push(args::argument(&rpc, errors));
            }
            FnArg::Receiver(receiver) => {
                for attr in take_rpc(&mut receiver.attrs) {
                    errors.at(
                        attr,
                        "`self` does not travel and has no options; put `#[rpc]` on \
                                     the method or on an argument",
                    );
                }
            }
        }
    }
    all
}

/// Takes our attributes off the arguments of a method that is not exported.
pub(super) fn strip_arguments(sig: &mut Signature) {
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => drop(take_rpc(&mut typed.attrs)),
            FnArg::Receiver(receiver) => drop(take_rpc(&mut receiver.attrs)),
        }
    }
}

/// Takes our attributes off an item.
pub(super) fn take_rpc(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    attrs.extract_if(.., |attr| is_ours(attr.path())).collect()
}

fn is_ours(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "rpc")
}

/// Takes `cfg` out of `cfg_attr`, which the compiler sees to only when this macro is
/// done: `cfg(any(not(a), b))` for `cfg_attr(a, cfg(b))`. Our own are not read there.
pub(super) fn unfold(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    *attrs = mem::take(attrs)
        .into_iter()
        .flat_map(|attr| unfolded(attr, errors))
        .collect();
}

fn unfolded(attr: Attribute, errors: &mut Errors) -> Vec<Attribute> {
    let parts = match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
        }
        _ => return vec![attr],
    };
    // What cannot be read is the compiler's to complain about.
    let mut parts = parts.unwrap_or_default().into_iter();
    let Some(condition) = parts.next() else {
        return vec![attr];
    };
    let parts = parts.filter_map(|part| match &part {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let tokens = &list.tokens;
            Some(parse_quote!(#[cfg(any(not(#condition), #tokens))]))
        }
        _ if is_ours(part.path()) => {
            let text = "`#[rpc]` is not read inside `cfg_attr`; write it outside, or two methods \
                        under `cfg`";
            errors.at(part.path(), text);
            None
        }
        _ => Some(parse_quote!(#[cfg_attr(#condition, #part)])),
    });
    parts.collect()
}

/// Sorts an item's attributes by what is done with them.
pub(super) fn carried(attrs: &[Attribute]) -> Carried {
    let mut carried = Carried::default();
    for attr in attrs {
        let Some(name) = attr.path().get_ident() else {
            continue;
        };
        // What is said inside of a body is for that body.
        if let AttrStyle::Inner(_) = attr.style {
            continue;
        }
        match name.to_string().as_str() {
            "cfg" => carried.cfg.push(attr.clone()),
            "doc" => carried.doc.push(attr.clone()),
            "deprecated" | "allow" | "warn" | "deny" | "forbid" => carried.stub.push(attr.clone()),
            // What is expected of the method may not happen in its stub.
            "expect" => carried.stub.extend(allowed(attr)),
            // `Call` is `must_use` already; a reason is worth repeating.
            "must_use" if !matches!(attr.meta, Meta::Path(_)) => {
                carried.stub.push(attr.clone());
            }
            _ => {}
        }
    }
    carried
}

fn allowed(expect: &Attribute) -> Option<Attribute> {
    let Meta::List(list) = &expect.meta else {
        return None;
    };
    let lints = &list.tokens;
    Some(parse_quote!(#[allow(#lints)]))
}
