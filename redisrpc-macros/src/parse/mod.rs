//! From syntax to the model: the first gate. What has no place in the model is
//! a mistake and noted here; what the parts mean together is checked in
//! `validate`.

mod argument;
mod attributes;
mod context;
mod method;
mod signature;
mod types;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, GenericParam, Generics, Item, ItemImpl, ItemTrait, Path, TraitItem, Visibility,
    parse_quote,
};

use self::{
    attributes::carried,
    method::{Members, Reader},
};
use crate::{
    args::ServiceArgs,
    diag::Errors,
    model::{Carried, Service, Taken},
    names, ty,
};

/// The trait or impl block as a service; `None` if the item cannot be one.
pub(crate) fn service(mut item: Item, args: ServiceArgs, errors: &mut Errors) -> Option<Service> {
    let rename_all = args.rename_all.get();
    let (client_name, client_impl) = args.client.get().unwrap_or_default();
    let mut members = Members::default();
    let head = match &mut item {
        Item::Trait(item) => {
            closed(&mut item.generics);
            members.read_trait(
                item,
                &Reader {
                    rename_all,
                    target: None,
                },
                errors,
            );
            trait_head(item)
        }
        Item::Impl(item) => {
            closed(&mut item.generics);
            let head = impl_head(item)?;
            let target = Some(&head.target);
            members.read_impl(item, &Reader { rename_all, target }, errors);
            head
        }
        _ => return None,
    };
    let client = client_name
        .unwrap_or_else(|| format_ident!("{}Client", head.name, span = head.name.span()));
    let krate_given = args.krate.get();
    let krate = match krate_given {
        None => quote!(::redisrpc),
        Some(_) => names::krate(&client).into_token_stream(),
    };
    Some(Service {
        krate,
        krate_given,
        name: head.name,
        vis: head.vis,
        generics: head.generics,
        target: head.target,
        attrs: head.attrs,
        item,
        client,
        client_impl,
        queue: args.queue.get(),
        contract: args.contract.get(),
        methods: members.methods,
        stand_ins: members.stand_ins,
        has_exports: members.has_exports,
        skipped: members.skipped,
        taken: Taken::default(),
    })
}

/// The item, if it is one that can be a service.
pub(crate) fn item(item: &Item, errors: &mut Errors) -> Option<Item> {
    if let Item::Trait(ItemTrait { attrs, .. }) | Item::Impl(ItemImpl { attrs, .. }) = item
        && let Some(again) = attrs.iter().find(|attr| is_service(attr.path()))
    {
        errors.at(again, "a second `#[service]`; put all options into one");
        return None;
    }
    match item {
        Item::Trait(item) => {
            if let Some(token) = &item.unsafety {
                errors.at(token, "a service trait cannot be `unsafe`; remove it");
            }
            if let Some(rewritten) = rewritten_by_async_trait(item) {
                let text = "`#[service]` takes an `async fn` as it is; remove `#[async_trait]` \
                            here, and where the trait is implemented";
                errors.at(rewritten, text);
                return None;
            }
        }
        Item::Impl(item) => return check_impl(item, errors).then(|| Item::Impl(item.clone())),
        _ => {
            refuse(item, errors);
            return None;
        }
    }
    Some(item.clone())
}

/// The attribute that is to rewrite the trait, or the name of a trait that it has.
fn rewritten_by_async_trait(item: &ItemTrait) -> Option<TokenStream> {
    let is_last = |attr: &&Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident == "async_trait")
    };
    if let Some(attr) = item.attrs.iter().find(is_last) {
        return Some(attr.to_token_stream());
    }
    let has_lifetime = |item: &TraitItem| match item {
        TraitItem::Fn(method) => {
            let mut lifetimes = method.sig.generics.lifetimes();
            lifetimes.any(|param| param.lifetime.ident == "async_trait")
        }
        _ => false,
    };
    let rewritten = item.items.iter().any(has_lifetime);
    rewritten.then(|| item.ident.to_token_stream())
}

fn is_service(path: &Path) -> bool {
    let last = path
        .segments
        .last()
        .is_some_and(|last| last.ident == "service");
    // Other crates have one too.
    last && (path.segments.len() == 1 || path.segments[0].ident == "redisrpc")
}

fn check_impl(item: &ItemImpl, errors: &mut Errors) -> bool {
    if let Some((path, _)) = &item.trait_ {
        let name = ty::text(path);
        let text = format!(
            "this implements `{name}`; put `#[service]` on the trait, or on an \
                            inherent impl block"
        );
        errors.at(path, text);
        return false;
    }
    if ty::path(&item.self_ty).is_none() {
        let text = "a service needs a name: write the impl block for a struct or an enum";
        errors.at(&item.self_ty, text);
        return false;
    }
    true
}

/// Says what a service is made of, at the keyword that says what this is.
fn refuse(item: &Item, errors: &mut Errors) {
    const KEYWORDS: [&str; 11] = [
        "struct", "enum", "union", "fn", "mod", "type", "const", "static", "use", "extern", "macro",
    ];
    let tokens = item.to_token_stream();
    let keyword = tokens.clone().into_iter().find(|token| {
        matches!(token, TokenTree::Ident(ident) if KEYWORDS.iter().any(|known| ident == known))
    });
    let name = match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    };
    let help = name
        .map(|name| format!(": `impl {name} {{ … }}`"))
        .unwrap_or_default();
    let text = format!("`#[service]` goes on a trait or on an impl block{help}");
    errors.at(keyword.map_or(tokens, TokenStream::from), text);
}

/// Lets the last type parameter end with a token of ours, at the same place.
///
/// A type that is not known is told wherever it is written, and shown once if all is
/// said in the same words. So the compiler must not know of a place, in what is made of
/// the item or in itself, to suggest one more parameter for.
fn closed(generics: &mut Generics) {
    let ours = |token: &mut TokenTree| token.set_span(token.span().resolved_at(Span::call_site()));
    let Some(GenericParam::Type(last)) = generics.params.last_mut() else {
        return;
    };
    let Some(bound) = last.bounds.last_mut() else {
        last.ident
            .set_span(last.ident.span().resolved_at(Span::call_site()));
        return;
    };
    let mut tokens: Vec<_> = bound.to_token_stream().into_iter().collect();
    tokens.last_mut().map(ours);
    if let Ok(closed) = syn::parse2(tokens.into_iter().collect()) {
        *bound = closed;
    }
}

/// What is read off the item itself.
struct Head {
    name: Ident,
    vis: Visibility,
    generics: Generics,
    target: TokenStream,
    attrs: Carried,
}

fn trait_head(item: &ItemTrait) -> Head {
    let (_, arguments, _) = item.generics.split_for_impl();
    let name = &item.ident;
    Head {
        name: name.clone(),
        vis: item.vis.clone(),
        generics: item.generics.clone(),
        target: quote!(#name #arguments),
        attrs: carried(&item.attrs),
    }
}

fn impl_head(item: &ItemImpl) -> Option<Head> {
    let name = ty::path(&item.self_ty)?.segments.last()?.ident.clone();
    Some(Head {
        name,
        // An impl block has no visibility of its own, and its type's is not seen
        // from here. What the client shows is no more public than it is anyway.
        vis: parse_quote!(pub),
        generics: item.generics.clone(),
        target: item.self_ty.to_token_stream(),
        attrs: carried(&item.attrs),
    })
}
