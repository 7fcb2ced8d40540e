//! One argument of a method: its name, and what its type is at each end.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident};
use syn::{Expr, GenericArgument, Pat, PatType, Type, TypeReference, parse_quote};

use super::{
    attributes::carried,
    method::Reader,
    types::{refuse_unsendable, sized},
};
use crate::{
    args::ArgumentArgs,
    diag::Errors,
    model::{Argument, DefaultValue, Shape},
    names::{self, WireName},
    ty,
};

impl Reader<'_> {
    /// The argument; `None` if it cannot be sent.
    pub(super) fn argument(
        &self,
        typed: &PatType,
        args: ArgumentArgs,
        errors: &mut Errors,
    ) -> Option<Argument> {
        let ident = argument_name(&typed.pat, errors);
        let ty = self.known_to_callers(&typed.ty, errors)?;
        let ty = elided(sized(ty, errors)?, errors);
        let shape = shape(&ty, errors)?;
        let rest = args.rest.get();
        if rest.is_some() && !is_list(&shape) {
            let text = "`rest` collects all further arguments, so its type is `Vec<T>` or `&[T]`";
            errors.at(&typed.ty, text);
        }
        let ident = ident?;
        Some(Argument {
            wire: WireName::new(args.name.get().as_ref(), &ident, self.rename_all),
            aliases: args.alias.iter().map(WireName::given).collect(),
            cfg: carried(&typed.attrs).cfg,
            ident,
            ty,
            shape,
            default: args.default.pair().and_then(|(key, expr)| match expr {
                Some(expr) => self.default(&expr, errors),
                None => Some(DefaultValue::Trait(key)),
            }),
            rest,
        })
    }

    /// The value, with `Self` replaced by what it is: a mock is another type.
    fn default(&self, expr: &Expr, errors: &mut Errors) -> Option<DefaultValue> {
        let own = ty::ident_in(expr, "Self");
        if let (Some(token), None) = (&own, self.target) {
            let text = "`Self` is not known where an argument is left out; name a constant or a \
                        function";
            errors.at(token, text);
            return None;
        }
        let none = TokenStream::new();
        let target = self.target.unwrap_or(&none);
        let expr = errors.ok(syn::parse2(ty::without_self(expr, target)))?;
        Some(DefaultValue::Expr(expr))
    }
}

/// The type without lifetimes that have a name: that is told where they get it, and
/// by the compiler where they do not.
fn elided(ty: Type, errors: &mut Errors) -> Type {
    let mut any = false;
    let elided = ty::with_lifetimes(ty.to_token_stream(), "_", &mut |name| {
        let is_named = name != "static" && name != "_";
        any |= is_named;
        is_named
    });
    if !any {
        return ty;
    }
    errors.left_to_the_compiler();
    syn::parse2(elided).unwrap_or(ty)
}

/// The arguments as callers see them, also those that could not be read.
pub(super) fn stand_ins(arguments: &[(&PatType, Option<Argument>)]) -> Vec<Argument> {
    let stand_in = |(at, (typed, read)): (usize, &(&PatType, Option<Argument>))| {
        read.clone().unwrap_or_else(|| {
            let ident = format_ident!("__argument_{at}");
            Argument {
                wire: WireName::new(None, &ident, None),
                aliases: Vec::new(),
                cfg: carried(&typed.attrs).cfg,
                ident,
                ty: mistake(),
                shape: Shape::Owned(mistake()),
                default: None,
                rest: None,
            }
        })
    };
    arguments.iter().enumerate().map(stand_in).collect()
}

/// Stands for a type with a mistake: whatever is done with it is no mistake more.
pub(super) fn mistake() -> Type {
    let name = names::mistake();
    parse_quote!(#name)
}

fn is_list(shape: &Shape) -> bool {
    match shape {
        Shape::Slice(_) | Shape::StrSlice | Shape::StrVec => true,
        Shape::Owned(ty) => ty::only_argument(ty, "Vec").is_some(),
        _ => false,
    }
}

fn argument_name(pat: &Pat, errors: &mut Errors) -> Option<Ident> {
    match pat {
        // `mut` is the method's own business, and not allowed in a trait anyway.
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        Pat::Wild(_) => {
            errors.at(
                pat,
                "an argument needs a name that callers can use; write `_name` if \
                            the method does not read it",
            );
            None
        }
        _ => {
            let text = ty::text(pat);
            errors.at(
                pat,
                format_args!(
                    "argument `{text}` is a pattern; give it a name, and \
                                         take it apart in the body"
                ),
            );
            None
        }
    }
}

/// What the type is at each end; `None` if it cannot be sent.
fn shape(ty: &Type, errors: &mut Errors) -> Option<Shape> {
    let shape = match ty::bare(ty) {
        Type::Reference(reference) => {
            if let Some(token) = reference.mutability {
                let text = "changes made through `&mut` do not travel back; take the value and \
                            return the new one";
                errors.at(token, text);
                return None;
            }
            if let Some(lifetime) = &reference.lifetime
                && lifetime.ident == "static"
            {
                let text = "callers share no lifetimes with the server; leave it out: `&str`, `&T`";
                errors.at(lifetime, text);
                return None;
            }
            borrowed(&reference.elem)
        }
        _ => match ty::only_argument(ty, "Option").map(ty::bare) {
            Some(Type::Reference(reference)) if reference.mutability.is_none() => {
                match borrowed(&reference.elem) {
                    Shape::Str => Shape::OptionStr,
                    Shape::StrSlice => Shape::OptionStrSlice,
                    Shape::Slice(ty) => Shape::OptionSlice(ty),
                    Shape::Ref(ty) => Shape::OptionRef(ty),
                    other => other,
                }
            }
            _ if is_cow_str(ty) => Shape::CowStr,
            _ if ty::only_argument(ty, "Vec").is_some_and(is_str) => Shape::StrVec,
            _ => Shape::Owned(ty.clone()),
        },
    };
    if let Some(decoded) = decoded(&shape) {
        refuse_unsendable(decoded, errors)?;
        if let Some(reference) = ty::borrow_in(decoded) {
            let text = "a server has nothing to lend from inside this type; only `&T`, `&str`, \
                        `&[T]`, `&[&str]`, these in an `Option`, and `Vec<&str>` can be borrowed, \
                        so take an owned type here";
            errors.at(reference, text);
            return None;
        }
    }
    Some(shape)
}

/// The part of the type that is decoded as itself.
fn decoded(shape: &Shape) -> Option<&Type> {
    match shape {
        Shape::Owned(ty)
        | Shape::Ref(ty)
        | Shape::Slice(ty)
        | Shape::OptionRef(ty)
        | Shape::OptionSlice(ty) => Some(ty),
        Shape::Str
        | Shape::OptionStr
        | Shape::CowStr
        | Shape::StrSlice
        | Shape::StrVec
        | Shape::OptionStrSlice => None,
    }
}

/// What `&T` is for this `T`.
fn borrowed(elem: &Type) -> Shape {
    match ty::bare(elem) {
        Type::Slice(slice) if is_str(&slice.elem) => Shape::StrSlice,
        Type::Slice(slice) => Shape::Slice((*slice.elem).clone()),
        _ if ty::is_named(elem, "str") => Shape::Str,
        elem => Shape::Ref(elem.clone()),
    }
}

/// Whether it is `&str`.
fn is_str(ty: &Type) -> bool {
    matches!(
        ty::bare(ty),
        Type::Reference(TypeReference { lifetime, mutability: None, elem, .. })
            if ty::is_named(elem, "str") && lifetime.as_ref().is_none_or(|it| it.ident == "_")
    )
}

fn is_cow_str(ty: &Type) -> bool {
    // `Cow<'static, str>` is an owned type like any other.
    ty::ident_in(ty, "static").is_none()
        && ty::arguments_of(ty, "Cow").is_some_and(|arguments| {
            matches!(arguments.last(), Some(GenericArgument::Type(ty)) if ty::is_named(ty, "str"))
        })
}
