//! Names: of what is generated, and on the wire.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::{LitStr, ext::IdentExt as _};

/// The spellings `rename_all` knows.
const RULES: [(&str, Rule); 8] = [
    ("lowercase", Rule::Joined(Case::Lower, "")),
    ("UPPERCASE", Rule::Joined(Case::Upper, "")),
    ("PascalCase", Rule::Pascal),
    ("camelCase", Rule::Camel),
    ("snake_case", Rule::Joined(Case::Lower, "_")),
    ("SCREAMING_SNAKE_CASE", Rule::Joined(Case::Upper, "_")),
    ("kebab-case", Rule::Joined(Case::Lower, "-")),
    ("SCREAMING-KEBAB-CASE", Rule::Joined(Case::Upper, "-")),
];

/// How `rename_all` spells names.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Words in one case with something between them.
    Joined(Case, &'static str),
    /// Each word with a capital.
    Pascal,
    /// Each word with a capital but the first.
    Camel,
}

/// The case of a whole word.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
}

impl Rule {
    /// The rule with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        RULES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, rule)| *rule)
    }

    /// The names of all rules.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        RULES.iter().map(|(name, _)| *name)
    }

    /// A Rust name in this spelling.
    pub(crate) fn apply(self, name: &str) -> String {
        let words: Vec<String> = name
            .split('_')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        match self {
            Self::Joined(Case::Lower, between) => words.join(between),
            Self::Joined(Case::Upper, between) => words.join(between).to_uppercase(),
            Self::Pascal => words.iter().map(|word| capitalized(word)).collect(),
            Self::Camel => words
                .iter()
                .enumerate()
                .map(|(i, word)| {
                    if i == 0 {
                        word.clone()
                    } else {
                        capitalized(word)
                    }
                })
                .collect(),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// A name on the wire, and where it comes from.
#[derive(Clone)]
pub(crate) struct WireName {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl WireName {
    /// The name as it was given in an attribute, or else made of the Rust name.
    pub(crate) fn new(given: Option<&LitStr>, ident: &Ident, rule: Option<Rule>) -> Self {
        if let Some(given) = given {
            return Self::given(given);
        }
        let name = ident.unraw().to_string();
        Self {
            text: rule.map_or_else(|| name.clone(), |rule| rule.apply(&name)),
            span: ident.span(),
        }
    }

    /// A name given in an attribute.
    pub(crate) fn given(given: &LitStr) -> Self {
        Self {
            text: given.value(),
            span: given.span(),
        }
    }

    /// The one of these that has the same text.
    pub(crate) fn among<'a>(&self, names: &[&'a Self]) -> Option<&'a Self> {
        names.iter().copied().find(|name| name.text == self.text)
    }

    /// What makes an error underline where the name comes from.
    pub(crate) fn tokens(&self) -> Ident {
        Ident::new("_name", self.span)
    }

    /// The name as a literal.
    pub(crate) fn literal(&self) -> LitStr {
        LitStr::new(&self.text, Span::call_site())
    }
}

/// A local of generated code made of a user's name; it cannot be seen by the
/// user's expressions, nor shadow anything.
pub(crate) fn local(ident: &Ident) -> Ident {
    format_ident!("__{}", ident.unraw(), span = Span::mixed_site())
}

/// The call that a stub method puts together; beside the user's arguments, which
/// may be called like anything.
pub(crate) fn call() -> Ident {
    Ident::new("__call", Span::mixed_site())
}

/// The name of a type that belongs to the client: `CalculatorMock` for a
/// `CalculatorClient`.
pub(crate) fn beside_client(client: &Ident, what: &str) -> Ident {
    let name = client.to_string();
    let stem = name.strip_suffix("Client").unwrap_or(&name);
    format_ident!("{stem}{what}", span = client.span())
}

/// The name that `crate = path` gets in the code of this client's service.
pub(crate) fn krate(client: &Ident) -> Ident {
    format_ident!("__redisrpc_of_{}", client.unraw(), span = Span::call_site())
}

/// The type that stands for one with a mistake.
pub(crate) fn mistake() -> Ident {
    Ident::new("__Mistake", Span::call_site())
}

/// The constant that describes a method.
pub(crate) fn descriptor(ident: &Ident) -> Ident {
    format_ident!("__METHOD_{}", ident.unraw(), span = Span::call_site())
}

/// The constant that checks what a method returns.
pub(crate) fn result_check(ident: &Ident) -> Ident {
    format_ident!("__RESULT_{}", ident.unraw(), span = Span::call_site())
}
