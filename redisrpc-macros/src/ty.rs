//! Questions about types, asked of their syntax.

use std::mem;

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    GenericArgument, GenericParam, Path, PathArguments, PathSegment, Type, TypeImplTrait,
    TypeParamBound, TypePath,
};

/// The type inside the invisible delimiters that `macro_rules!` puts around a
/// fragment, and inside parentheses.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// The type's generic arguments if its last segment has this name.
pub(crate) fn arguments_of<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a GenericArgument>> {
    let segment = path(ty)?.segments.last()?;
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) if segment.ident == name => {
            Some(arguments.args.iter().collect())
        }
        _ => None,
    }
}

/// The single type argument of a type with this name: `T` of `Vec<T>`.
pub(crate) fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    match arguments_of(ty, name)?.as_slice() {
        [GenericArgument::Type(only)] => Some(only),
        _ => None,
    }
}

/// The `Stream<Item = T>` of `impl Stream<Item = T> + Send`.
pub(crate) fn stream_of(opaque: &TypeImplTrait) -> Option<&PathSegment> {
    let traits = opaque.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    traits.into_iter().find(|last| last.ident == "Stream")
}

/// The `T` of `Stream<Item = T>`.
pub(crate) fn item_of(stream: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &stream.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(&assoc.ty),
        _ => None,
    })
}

/// Whether the type is this name and nothing else.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    path(ty).is_some_and(|path| path.is_ident(name))
}

/// Whether the type is made of nothing but what everybody knows to travel.
pub(crate) fn is_well_known(ty: &Type) -> bool {
    const KNOWN: [&str; 18] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "String", "Vec",
    ];
    let is_unknown = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if KNOWN.iter().all(|known| ident != known));
    find(ty.to_token_stream(), &is_unknown).is_none()
}

/// Whether the type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The type's path, if it is one without `<T as Trait>`.
pub(crate) fn path(ty: &Type) -> Option<&Path> {
    match bare(ty) {
        Type::Path(TypePath {
            qself: None, path, ..
        }) => Some(path),
        _ => None,
    }
}

/// The first token in the type for which `wanted` holds, in any depth.
pub(crate) fn find(tokens: TokenStream, wanted: &impl Fn(&TokenTree) -> bool) -> Option<TokenTree> {
    tokens.into_iter().find_map(|token| match &token {
        TokenTree::Group(group) => find(group.stream(), wanted),
        _ if wanted(&token) => Some(token),
        _ => None,
    })
}

/// The first `&` or `'_` in the type.
pub(crate) fn borrow_in(ty: &Type) -> Option<TokenTree> {
    find(ty.to_token_stream(), &|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '&',
        // Only a lifetime has this name in a type that callers can know.
        TokenTree::Ident(ident) => ident == "_",
        _ => false,
    })
}

/// The identifier in the tokens, in any depth.
pub(crate) fn ident_in(tokens: impl ToTokens, name: &str) -> Option<TokenTree> {
    find(
        tokens.into_token_stream(),
        &|token| matches!(token, TokenTree::Ident(ident) if ident == name),
    )
}

/// Whether the parameter is used in the type.
pub(crate) fn mentions(ty: &Type, param: &GenericParam) -> bool {
    let name = match param {
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
        GenericParam::Lifetime(param) => &param.lifetime.ident,
    };
    ident_in(ty, &name.to_string()).is_some()
}

/// Whether a value of the type holds values of the one with this name. Of types
/// that are not known nothing is: an `Id<T>` may be a number.
pub(crate) fn holds(ty: &Type, name: &Ident) -> bool {
    const CONTAINERS: [&str; 10] = [
        "Vec", "Option", "Result", "Box", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "VecDeque",
        "Cow",
    ];
    match bare(ty) {
        Type::Reference(reference) => holds(&reference.elem, name),
        Type::Slice(slice) => holds(&slice.elem, name),
        Type::Array(array) => holds(&array.elem, name),
        Type::Tuple(tuple) => tuple.elems.iter().any(|elem| holds(elem, name)),
        _ => path(ty).is_some_and(|path| {
            let last = path
                .segments
                .last()
                .filter(|last| CONTAINERS.iter().any(|it| last.ident == it));
            path.is_ident(name)
                || last.is_some_and(|last| match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(
                        |argument| matches!(argument, GenericArgument::Type(ty) if holds(ty, name)),
                    ),
                    _ => false,
                })
        }),
    }
}

/// The tokens with `Self` replaced, because the stub is another type.
pub(crate) fn without_self(tokens: impl ToTokens, ty: &TokenStream) -> TokenStream {
    let mut tokens = tokens.into_token_stream().into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                // Of `Self::A`, and not of `Self: A`.
                let in_path = matches!(tokens.peek(), Some(TokenTree::Punct(p))
                    if p.as_char() == ':' && p.spacing() == Spacing::Joint);
                out.extend(if in_path { quote!(<#ty>) } else { ty.clone() });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_self(group.stream(), ty));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            token => out.extend([token]),
        }
    }
    out
}

/// The tokens with this name for those lifetimes that are `wanted`.
pub(crate) fn with_lifetimes(
    tokens: TokenStream,
    name: &str,
    wanted: &mut impl FnMut(&Ident) -> bool,
) -> TokenStream {
    let mut after_quote = false;
    let tokens = tokens.into_iter().map(|mut token| {
        let is_lifetime = mem::take(&mut after_quote);
        match &mut token {
            TokenTree::Punct(punct) => after_quote = punct.as_char() == '\'',
            TokenTree::Ident(lifetime) if is_lifetime && wanted(lifetime) => {
                *lifetime = Ident::new(name, lifetime.span());
            }
            TokenTree::Group(group) => {
                let inner = with_lifetimes(group.stream(), name, wanted);
                let mut inner = Group::new(group.delimiter(), inner);
                inner.set_span(group.span());
                *group = inner;
            }
            _ => {}
        }
        token
    });
    tokens.collect()
}

/// The tokens, all underlined at one place, each still meaning what it means
/// where it comes from.
pub(crate) fn at(span: Span, tokens: impl ToTokens) -> TokenStream {
    let moved = tokens.into_token_stream().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            let inner = Group::new(group.delimiter(), at(span, group.stream()));
            let outer = span.resolved_at(group.span());
            token = TokenTree::Group(inner);
            token.set_span(outer);
        } else {
            token.set_span(span.resolved_at(token.span()));
        }
        token
    });
    moved.collect()
}

/// The inner tokens as they are, and underlined at one place what stands around them.
pub(crate) fn around(
    span: Span,
    head: TokenStream,
    inner: &impl ToTokens,
    tail: TokenStream,
) -> TokenStream {
    let (head, tail) = (at(span, head), at(span, tail));
    quote!(#head #inner #tail)
}

/// The tokens as people write them: `Vec<(u8, &'a str)>`.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.into_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => write_punct(punct.as_char(), text),
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
                    text.push(' ');
                }
                text.push_str(&token.to_string());
            }
        }
    }
}

fn write_punct(punct: char, text: &mut String) {
    match punct {
        ',' | ';' => text.extend([punct, ' ']),
        '+' | '=' => text.extend([' ', punct, ' ']),
        // The end of `->`.
        '>' if text.ends_with('-') => {
            text.pop();
            text.push_str(" -> ");
        }
        // A lifetime keeps its distance from a word before it: `dyn A + 'a`.
        '\'' if text.ends_with(char::is_alphanumeric) => text.extend([' ', punct]),
        _ => text.push(punct),
    }
}
