//! How a method's arguments are passed in a language that has named ones.

use crate::{
    model::{Argument, Method},
    types::Type,
};

use super::{literal, names::Names};

/// One argument: its name in the language, on the wire, and its type.
pub(super) struct Passed<'a> {
    pub(super) name: String,
    pub(super) wire: &'a str,
    pub(super) ty: Type,
    pub(super) required: bool,
}

/// The arguments of a method, by the way they are passed.
pub(super) struct Arguments<'a> {
    /// By place: those that must be given, up to the first that need not be.
    pub(super) placed: Vec<Passed<'a>>,
    /// All others.
    pub(super) named: Vec<Passed<'a>>,
    /// The one that takes all further ones, with the type of one.
    pub(super) rest: Option<Passed<'a>>,
}

impl<'a> Arguments<'a> {
    /// Sorts the arguments. What stands before one that takes all further ones has a
    /// place that cannot be left out.
    pub(super) fn of(method: &'a Method, names: &mut Names) -> Self {
        let (mut placed, mut named, mut rest) = (Vec::new(), Vec::new(), None);
        let has_rest = method.arguments.iter().any(|it| it.rest);
        for argument in &method.arguments {
            let passed = passed(argument, names);
            if argument.rest {
                rest = Some(passed);
            } else if has_rest || (named.is_empty() && argument.is_required()) {
                placed.push(passed);
            } else {
                named.push(passed);
            }
        }
        Self {
            placed,
            named,
            rest,
        }
    }

    /// What is passed by place; `star` spreads the last one.
    pub(super) fn values(&self, star: &str) -> String {
        let mut values: Vec<_> = self.placed.iter().map(|it| it.name.clone()).collect();
        values.extend(self.rest.iter().map(|it| format!("{star}{}", it.name)));
        values.join(", ")
    }

    /// What is passed by name, as members of an object; their values are those `of` it.
    pub(super) fn members(&self, of: &str) -> String {
        let members = self.named.iter();
        let members = members.map(|it| format!("{}: {of}{}", literal(it.wire), it.name));
        members.collect::<Vec<_>>().join(", ")
    }
}

fn passed<'a>(argument: &'a Argument, names: &mut Names) -> Passed<'a> {
    let ty = match Type::read(&argument.type_text) {
        Type::List(item) if argument.rest => *item,
        ty => ty,
    };
    Passed {
        name: names.take(&argument.name),
        wire: &argument.name,
        required: argument.is_required(),
        ty,
    }
}
