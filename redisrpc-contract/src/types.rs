//! The texts of types, taken apart as far as this crate must know them.
//!
//! A contract holds types as they were written in Rust. Whether two of them travel
//! alike, and what they are in another language, is asked here.

use std::mem;

/// What a type text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// `HashMap<String, f64>`: the path without its arguments, and these.
    Path(String, Vec<Self>),
    /// `(A, B)`; `()` has nothing in it.
    Tuple(Vec<Self>),
    /// `[T]`, also where it was `Vec<T>`.
    List(Box<Self>),
    /// `[T; 3]`
    Array(Box<Self>, String),
    /// Anything else, without its spaces.
    Other(String),
}

impl Type {
    /// Reads a type. Borrows are read as what is borrowed, because that is what
    /// travels: `&str` is a `String`, `&[T]` a `Vec<T>`, `Cow<'_, T>` a `T`.
    pub(crate) fn read(text: &str) -> Self {
        let mut tokens = Tokens::of(text);
        match tokens.read() {
            Some(ty) if tokens.peek().is_none() => ty,
            _ => Self::Other(text.split_whitespace().collect()),
        }
    }

    /// The path's last name and the arguments; nothing for what has no path.
    pub(crate) fn named(&self) -> Option<(&str, &[Self])> {
        match self {
            Self::Path(path, arguments) => {
                let name = path.rsplit("::").next().unwrap_or(path);
                Some((name, arguments))
            }
            _ => None,
        }
    }

    /// `T` of an `Option<T>`.
    pub(crate) fn inside_option(&self) -> Option<&Self> {
        match self.named() {
            Some(("Option", [inside])) => Some(inside),
            _ => None,
        }
    }
}

/// Whether two type texts are of one form on the wire.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || Type::read(one) == Type::read(other)
}

/// Whether an argument of this type may be left out without having a default.
pub(crate) fn is_option(text: &str) -> bool {
    Type::read(text).inside_option().is_some()
}

/// Names, lifetimes with their quote, `::`, and single signs.
struct Tokens<'a> {
    all: Vec<&'a str>,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        let mut all = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let length = match first {
                '\'' => 1 + word(&rest[1..]).unwrap_or(rest.len() - 1),
                ':' if rest.starts_with("::") => 2,
                _ => word(rest).unwrap_or(rest.len()).max(first.len_utf8()),
            };
            let (token, after) = rest.split_at(length);
            all.push(token);
            rest = after.trim_start();
        }
        Self { all, at: 0 }
    }

    fn peek(&self) -> Option<&'a str> {
        self.all.get(self.at).copied()
    }

    fn next_is(&mut self, token: &str) -> bool {
        let is = self.peek() == Some(token);
        self.at += usize::from(is);
        is
    }

    fn lifetime(&mut self) -> bool {
        let is = self.peek().is_some_and(|token| token.starts_with('\''));
        self.at += usize::from(is);
        is
    }

    /// A whole type; `None` for one that is not of the forms known here.
    fn read(&mut self) -> Option<Type> {
        if self.next_is("&") {
            self.lifetime();
            return self.read();
        }
        if self.next_is("(") {
            return self.tuple();
        }
        if self.next_is("[") {
            return self.list();
        }
        self.path()
    }

    /// What follows `(`.
    fn tuple(&mut self) -> Option<Type> {
        let mut parts = Vec::new();
        while !self.next_is(")") {
            parts.push(self.read()?);
            if !self.next_is(",") {
                let only = self.next_is(")").then_some(parts)?;
                // `(T)` is `T`, and only `(T,)` a tuple.
                return match <[Type; 1]>::try_from(only) {
                    Ok([inside]) => Some(inside),
                    Err(parts) => Some(Type::Tuple(parts)),
                };
            }
        }
        Some(Type::Tuple(parts))
    }

    /// What follows `[`.
    fn list(&mut self) -> Option<Type> {
        let inside = Box::new(self.read()?);
        if self.next_is("]") {
            return Some(Type::List(inside));
        }
        let length = self.next_is(";").then(|| self.peek())??;
        self.at += 1;
        self.next_is("]")
            .then(|| Type::Array(inside, length.to_owned()))
    }

    fn path(&mut self) -> Option<Type> {
        let mut path = String::new();
        if self.next_is("::") {
            path.push_str("::");
        }
        let mut arguments = Vec::new();
        loop {
            let name = self.peek().filter(|token| is_name(token))?;
            self.at += 1;
            path.push_str(name);
            if self.next_is("<") {
                arguments = self.arguments()?;
            }
            if !self.next_is("::") {
                break;
            }
            // Arguments in the middle of a path: not taken apart.
            if !arguments.is_empty() {
                return None;
            }
            path.push_str("::");
        }
        Some(as_it_travels(path, arguments))
    }

    /// What follows `<`.
    fn arguments(&mut self) -> Option<Vec<Type>> {
        let mut arguments = Vec::new();
        while !self.next_is(">") {
            if !self.lifetime() {
                arguments.push(self.read()?);
            }
            if !self.next_is(",") {
                return self.next_is(">").then_some(arguments);
            }
        }
        Some(arguments)
    }
}

fn is_name(token: &str) -> bool {
    let begins = |c: char| c.is_alphanumeric() || c == '_';
    token.starts_with(begins) && !matches!(token, "dyn" | "impl" | "fn" | "mut" | "const" | "as")
}

fn as_it_travels(path: String, mut arguments: Vec<Type>) -> Type {
    match (path.as_str(), arguments.as_mut_slice()) {
        ("str", []) => Type::Path("String".to_owned(), arguments),
        ("Cow" | "Box", [inside]) => mem::replace(inside, Type::Tuple(Vec::new())),
        ("Vec", [inside]) => Type::List(Box::new(mem::replace(inside, Type::Tuple(Vec::new())))),
        _ => Type::Path(path, arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_travels_alike_is_the_same() {
        for (one, other) in [
            ("&str", "String"),
            ("&'a str", "Cow<'_, str>"),
            ("&[&str]", "Vec<String>"),
            ("HashMap<String,f64>", "HashMap<String, f64>"),
            ("(f64,)", "( f64 , )"),
            ("(f64)", "f64"),
            ("Option<&[u8]>", "Option<Vec<u8>>"),
            ("[f64;3]", "[f64; 3]"),
            ("Box<dyn Error>", "Box< dyn Error >"),
        ] {
            assert!(same(one, other), "{one} is {other}");
        }
    }

    #[test]
    fn what_travels_otherwise_is_not() {
        for (one, other) in [
            ("f64", "f32"),
            ("f64", "(f64,)"),
            ("[u8; 3]", "[u8; 4]"),
            ("Option<f64>", "f64"),
            ("a::Id", "b::Id"),
            ("HashMap<String, f64>", "HashMap<String, u64>"),
            ("Box<dyn One>", "Box<dyn Other>"),
            ("(f64", "f64"),
        ] {
            assert!(!same(one, other), "{one} is not {other}");
        }
    }

    #[test]
    fn only_an_option_may_be_left_out() {
        assert!(is_option("Option<f64>") && is_option("core::option::Option<&str>"));
        assert!(!is_option("Vec<Option<f64>>") && !is_option("Maybe<f64>"));
    }
}
