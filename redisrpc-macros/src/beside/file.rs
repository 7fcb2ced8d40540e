//! What a file says of the items beside a service, read off its tokens.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::ty;

const KEYWORDS: [&str; 5] = ["struct", "enum", "union", "type", "trait"];

/// Where in the text something looks like the definition of this name: the lines,
/// counted from 1. It may be a comment.
pub(super) fn lines_defining(text: &str, name: &Ident) -> Vec<usize> {
    let name = name.to_string();
    let looks_like_one = |at: &usize| {
        let (before, after) = (&text[..*at], &text[*at + name.len()..]);
        let word = before.trim_end();
        word.len() < before.len()
            && KEYWORDS.iter().any(|keyword| word.ends_with(keyword))
            && !after.starts_with(|next: char| next.is_alphanumeric() || next == '_')
    };
    let places = text.match_indices(&name).map(|(at, _)| at);
    let lines = places.filter(looks_like_one);
    lines
        .map(|at| text[..at].matches('\n').count() + 1)
        .collect()
}

/// What stands in a module, or block, with a service.
pub(super) struct Beside {
    before: Vec<Piece>,
    after: Vec<Piece>,
}

impl Beside {
    /// What stands beside the service with this body, if there is but one.
    pub(super) fn of(text: &str, body: &str) -> Option<Self> {
        let mut found = Vec::new();
        Self::find(text.parse().ok()?, body, &mut found);
        let only = found.pop();
        only.filter(|_| found.is_empty())
    }

    fn find(tokens: TokenStream, body: &str, found: &mut Vec<Self>) {
        let mut before = pieces(tokens);
        for inner in before.iter().flat_map(Piece::groups) {
            Self::find(inner, body, found);
        }
        if let Some(at) = before.iter().rposition(|it| it.has_body(body)) {
            let after = before.split_off(at);
            found.push(Self { before, after });
        }
    }

    /// Whether what has this body stands before, whatever is configured.
    pub(super) fn has_before(&self, body: &str) -> bool {
        let mut before = self.before.iter();
        before.any(|it| it.has_body(body) && !it.is_under_cfg())
    }

    /// The definition of this name that there is, whatever is configured.
    pub(super) fn definition(&self, name: &Ident) -> Option<Definition> {
        let all = self.before.iter().chain(&self.after);
        let mut always = all.filter(|it| !it.is_under_cfg());
        always.find_map(|it| it.definition(name))
    }
}

/// The definition of a type or a trait.
pub(super) struct Definition {
    pub(super) keyword: String,
    /// Whether it is a type without parameters.
    pub(super) is_plain: bool,
}

/// How many items in the file have an attribute `service` and this name.
pub(super) fn services_of(tokens: TokenStream, name: &Ident) -> usize {
    let count = |piece: &Piece| {
        let is_one = piece.has_attribute("service") && piece.has(name);
        let inside = piece.groups().map(|inner| services_of(inner, name));
        usize::from(is_one) + inside.sum::<usize>()
    };
    pieces(tokens).iter().map(count).sum()
}

/// An item of a module, or a statement of a block.
struct Piece(Vec<TokenTree>);

/// What the tokens fall into: each is up to its `;` or its braces.
fn pieces(tokens: TokenStream) -> Vec<Piece> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let pieces = tokens.split_inclusive(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    });
    pieces.map(|piece| Piece(piece.to_vec())).collect()
}

/// What stands in the braces of an item.
pub(super) fn body(item: &[TokenTree]) -> Option<String> {
    match item.last()? {
        TokenTree::Group(group) => Some(ty::text(group.stream())),
        _ => None,
    }
}

impl Piece {
    fn groups(&self) -> impl Iterator<Item = TokenStream> {
        self.0.iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        })
    }

    fn has(&self, name: &Ident) -> bool {
        let mut tokens = self.0.iter();
        tokens.any(|token| matches!(token, TokenTree::Ident(word) if word == name))
    }

    fn has_body(&self, wanted: &str) -> bool {
        body(&self.0).is_some_and(|body| body == wanted)
    }

    /// Whether it may not be there at all.
    fn is_under_cfg(&self) -> bool {
        self.has_attribute("cfg") || self.has_attribute("cfg_attr")
    }

    /// Whether the name is in the path of an attribute.
    fn has_attribute(&self, name: &str) -> bool {
        let is_it = |token: &TokenTree| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                let words = group.stream().into_iter();
                let mut path = words.take_while(|it| !matches!(it, TokenTree::Group(_)));
                path.any(|word| matches!(word, TokenTree::Ident(word) if word == name))
            }
            _ => false,
        };
        self.0.iter().any(is_it)
    }

    /// `struct Name`, and what it says of the name.
    fn definition(&self, name: &Ident) -> Option<Definition> {
        let keyword = |pair: &[TokenTree]| match pair {
            [TokenTree::Ident(keyword), TokenTree::Ident(it)] if it == name => {
                Some(keyword.to_string()).filter(|it| KEYWORDS.contains(&it.as_str()))
            }
            _ => None,
        };
        let mut pairs = self.0.windows(2).enumerate();
        let (at, keyword) = pairs.find_map(|(at, pair)| Some((at, keyword(pair)?)))?;
        let is_type = ["struct", "enum", "union"].contains(&keyword.as_str());
        let is_generic = matches!(
            self.0.get(at + 2),
            Some(TokenTree::Punct(next)) if next.as_char() == '<'
        );
        Some(Definition {
            keyword,
            is_plain: is_type && !is_generic,
        })
    }
}
