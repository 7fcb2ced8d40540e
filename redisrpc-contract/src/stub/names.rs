//! Names on the wire as names of a language.

use std::collections::BTreeSet;

/// The names of one scope: each is given once.
pub(super) struct Names {
    spelling: fn(&str) -> String,
    taken: BTreeSet<String>,
}

impl Names {
    /// A scope in which these names cannot be used.
    pub(super) fn without(spelling: fn(&str) -> String, taken: &[&str]) -> Self {
        Self {
            spelling,
            taken: taken.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The name that stands for this one of the wire.
    pub(super) fn take(&mut self, wire: &str) -> String {
        let mut name = (self.spelling)(wire);
        if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) {
            name.insert(0, '_');
        }
        while self.taken.contains(&name) {
            name.push('_');
        }
        self.taken.insert(name.clone());
        name
    }
}

/// `addAll`, `add-all` and `add.all` as `add_all`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        let c = if c.is_alphanumeric() { c } else { '_' };
        if c.is_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        snake.extend(c.to_lowercase());
    }
    snake
}

/// `add_all` as `addAll`.
pub(super) fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    let mut letters = pascal.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// `add_all` as `AddAll`.
pub(super) fn pascal_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let capitalised = words.flat_map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(letters)
    });
    capitalised.collect()
}
