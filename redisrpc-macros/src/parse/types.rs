//! Types in a signature: what can be sent at all, and what comes back.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, ReturnType, Signature, Type, TypeImplTrait, parse_quote};

use super::method::Reader;
use crate::{
    diag::Errors,
    model::{Items, Returns},
    ty,
};

impl Reader<'_> {
    /// What the method returns; `None` if it cannot travel.
    pub(super) fn returns(&self, sig: &Signature, errors: &mut Errors) -> Option<Returns> {
        let ReturnType::Type(_, written) = &sig.output else {
            return Some(Returns::Unit);
        };
        if let Type::ImplTrait(opaque) = ty::bare(written) {
            return self.stream(written, opaque, sig, errors);
        }
        let ty = self.known_to_callers(written, errors)?;
        if ty::is_unit(&ty) {
            return Some(Returns::Unit);
        }
        if let Some(owned) = owned(&ty) {
            let (written, owned) = (ty::text(&ty), ty::text(owned));
            errors.at(ty, format_args!("`{written}` has no size; write `{owned}`"));
            return None;
        }
        refuse_unreturnable(&ty, errors)?;
        let Some(arguments) = ty::arguments_of(&ty, "Result") else {
            return Some(Returns::Value(Box::new(ty)));
        };
        let both = match arguments.as_slice() {
            [GenericArgument::Type(value), GenericArgument::Type(error)] => {
                Some(Box::new((value.clone(), error.clone())))
            }
            _ => None,
        };
        Some(Returns::Result(Box::new(ty), both))
    }

    /// What a method returns with `impl Trait`: a stream.
    fn stream(
        &self,
        ty: &Type,
        opaque: &TypeImplTrait,
        sig: &Signature,
        errors: &mut Errors,
    ) -> Option<Returns> {
        let name = &sig.ident;
        let Some(stream) = ty::stream_of(opaque) else {
            let text = format!(
                "callers must know the type that comes back; write `async fn {name}(…) -> R` with a \
                 concrete `R`, or `impl Stream<Item = T>`"
            );
            errors.at(ty, text);
            return None;
        };
        let Some(item) = ty::item_of(stream) else {
            let text = "callers must know what is streamed; write `Stream<Item = T>`";
            errors.at(stream, text);
            return None;
        };
        let item = &self.known_to_callers(item, errors)?;
        refuse_unreturnable(item, errors)?;
        let (value, error) = match ty::arguments_of(item, "Result").as_deref() {
            None => (item, None),
            Some([GenericArgument::Type(value), GenericArgument::Type(error)]) => {
                (value, Some(error))
            }
            Some(_) => {
                let text = "write the error of the items out: `Result<T, E>`";
                errors.at(item, text);
                return None;
            }
        };
        Some(Returns::Stream(Box::new(Items {
            stream: ty.clone(),
            span: stream.ident.span(),
            ty: value.clone(),
            error: error.cloned(),
        })))
    }

    /// The type with `Self` replaced by what it is; in a trait nobody knows.
    pub(super) fn known_to_callers(&self, ty: &Type, errors: &mut Errors) -> Option<Type> {
        let Some(token) = ty::ident_in(ty, "Self") else {
            return Some(ty.clone());
        };
        let Some(target) = self.target else {
            let text = "`Self` is another type at the caller's; use a type parameter of the trait, \
                        or a concrete type";
            errors.at(token, text);
            return None;
        };
        errors.ok(syn::parse2(ty::without_self(ty, target)))
    }
}

/// Notes what no type that is returned can hold; `None` if there is any.
fn refuse_unreturnable(ty: &Type, errors: &mut Errors) -> Option<()> {
    refuse_unsendable(ty, errors)?;
    let Some(reference) = ty::borrow_in(ty) else {
        return Some(());
    };
    let text = "a reference cannot travel back to the caller; return an owned value, such as \
                `String` for `&str`";
    errors.at(reference, text);
    None
}

/// The type of an argument, if it has a size.
pub(super) fn sized(ty: Type, errors: &mut Errors) -> Option<Type> {
    let Some(owned) = owned(&ty) else {
        return Some(ty);
    };
    let (written, owned) = (ty::text(&ty), ty::text(owned));
    let text = format!("`{written}` has no size; write `&{written}`, or `{owned}`");
    errors.at(ty, text);
    None
}

/// The type to own instead of `str` and `[T]`, which have no size.
pub(super) fn owned(ty: &Type) -> Option<Type> {
    match ty::bare(ty) {
        Type::Slice(slice) => {
            let element = &slice.elem;
            Some(parse_quote!(Vec<#element>))
        }
        ty if ty::is_named(ty, "str") => Some(parse_quote!(String)),
        _ => None,
    }
}

/// Notes what no type that is sent can hold; `None` if there is any.
pub(super) fn refuse_unsendable(ty: &Type, errors: &mut Errors) -> Option<()> {
    if let Type::Never(_) = ty::bare(ty) {
        errors.at(
            ty,
            "a method that never returns never replies; mark it `#[rpc(oneway)]` and \
                       remove the return type",
        );
        return None;
    }
    let Some((place, text)) = unsendable(ty.to_token_stream()) else {
        return Some(());
    };
    errors.at(place, text);
    None
}

/// The first thing that cannot be sent, and what to write instead.
fn unsendable(tokens: TokenStream) -> Option<(TokenTree, &'static str)> {
    let mut after_star = None;
    for token in tokens {
        let star = after_star.take();
        match &token {
            TokenTree::Group(group) => {
                if let Some(found) = unsendable(group.stream()) {
                    return Some(found);
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '*' => after_star = Some(token),
            TokenTree::Ident(ident) => {
                let text = match ident.to_string().as_str() {
                    "impl" => {
                        "`impl Trait` is no type that callers can know; write a concrete type"
                    }
                    "dyn" => {
                        "`dyn Trait` hides the type that has to be decoded; write a concrete \
                              type, or an enum of those there can be"
                    }
                    "fn" => "a function cannot travel; name what it does, in an enum or a text",
                    "const" | "mut" if star.is_some() => {
                        "a pointer means nothing at the other end; take the value itself"
                    }
                    _ => continue,
                };
                return Some((star.unwrap_or(token), text));
            }
            _ => {}
        }
    }
    None
}
