//! Input that cannot be parsed. The compiler has read it before this macro did, and
//! has said what is wrong with it: what is left to do is to cause no more errors.

use std::mem;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Block, Error, Item};

use crate::{args::ServiceArgs, diag::Errors, fallback, parse, ty};

/// A stand-in for the item, made of the part that can be parsed.
pub(crate) fn unread(tokens: &TokenStream, args: ServiceArgs, error: &Error) -> TokenStream {
    // What else is wrong can wait until all can be read.
    let mut later = Errors::default();
    let item = readable(tokens).and_then(|item| parse::item(&item, &mut later));
    let service = item.and_then(|item| parse::service(item, args, &mut later));
    let stand_in = service.map_or_else(
        || tokens.clone(),
        |service| fallback::service(service, later.first().as_ref()),
    );
    let unknown = unknown(error);
    quote!(#stand_in #unknown)
}

/// Says that the syntax is not known here, by a lint: the compiler gets to those only
/// where nothing else is wrong, so where it knows the syntax itself.
fn unknown(error: &Error) -> TokenStream {
    let text = format!("`#[service]` cannot read this: {error}");
    let used = ty::at(error.span(), quote!(syntax_unknown_to_redisrpc()));
    quote! {
        #[deny(unused_must_use)]
        const _: fn() = || {
            #[must_use = #text]
            fn syntax_unknown_to_redisrpc() {}
            #used;
        };
    }
}

/// The item with those of its members that can be parsed.
fn readable(tokens: &TokenStream) -> Option<Item> {
    let mut head: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let Some(TokenTree::Group(body)) = head.pop() else {
        return None;
    };
    let with = |members: &[TokenStream]| {
        let item = quote!(#(#head)* { #(#members)* });
        syn::parse2::<Item>(item).ok()
    };
    let mut members = members(body.stream());
    members.retain(|member| with(std::slice::from_ref(member)).is_some());
    with(&members)
}

/// The members of a trait or an impl block, each up to its `;` or its body. One that
/// lacks its `;` gets it, and one with a body that cannot be parsed another body.
fn members(tokens: TokenStream) -> Vec<TokenStream> {
    let mut members = Vec::new();
    let mut member: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ends = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            // The second `fn name` of one member is the next member's.
            TokenTree::Ident(ident) => {
                let is_method = matches!(tokens.peek(), Some(TokenTree::Ident(_)));
                if ident == "fn" && is_method && member.iter().any(is_arguments) {
                    let next = member.split_off(start_of_next(&member));
                    let ended = mem::replace(&mut member, next);
                    members.push(quote!(#(#ended)*;));
                }
                false
            }
            TokenTree::Literal(_) => false,
        };
        member.push(token);
        if ends {
            members.push(with_body(mem::take(&mut member)));
        }
    }
    members.extend((!member.is_empty()).then(|| quote!(#(#member)*;)));
    members
}

fn is_arguments(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

/// Where the attributes and qualifiers of the last method begin.
fn start_of_next(member: &[TokenTree]) -> usize {
    let of_next = |token: &&TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Ident(ident) => ["pub", "async", "const", "unsafe"]
            .iter()
            .any(|known| ident == known),
        TokenTree::Literal(_) => false,
    };
    member.len() - member.iter().rev().take_while(of_next).count()
}

/// The member, with a body that can be parsed instead of one that cannot.
fn with_body(mut member: Vec<TokenTree>) -> TokenStream {
    let body = member.pop_if(|body| {
        let is_body = matches!(body, TokenTree::Group(_));
        is_body && syn::parse2::<Block>(body.to_token_stream()).is_err()
    });
    let hollow = fallback::hollow();
    match body {
        None => quote!(#(#member)*),
        Some(_) => quote!(#[allow(unused_variables)] #(#member)* { #hollow }),
    }
}
