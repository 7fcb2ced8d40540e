//! Changes of a method's arguments.

use crate::{
    change::Change,
    model::{Argument, Method},
    types::{Type, same},
};

/// Arguments are matched by their names: what is passed by place must have kept it.
pub(super) fn compare_arguments(old: &Method, new: &Method, changes: &mut Vec<Change>) {
    let mut last_kept = None;
    for (place, argument) in new.arguments.iter().enumerate() {
        let Some(before) = former(old, argument) else {
            changes.push(match renamed(old, new, place) {
                Some(before) => lost_name(before, argument, new),
                None => added(old, new, place),
            });
            continue;
        };
        compare_names(&old.arguments[before], argument, new, changes);
        compare_kinds(&old.arguments[before], argument, new, changes);
        if last_kept.is_some_and(|last| last > before) {
            let order = listed(&old.arguments);
            let text = format!("the arguments were in another order: {order}");
            changes.push(Change::of(new, text).at(argument).breaking());
        }
        last_kept = last_kept.max(Some(before));
    }
    for (place, argument) in old.arguments.iter().enumerate() {
        if is_gone(argument, new) && renamed(old, new, place).is_none() {
            let text = format!("argument `{argument}` was removed");
            changes.push(Change::of(new, text).at(argument).breaking());
        }
    }
}

/// The place that the argument had.
fn former(old: &Method, new: &Argument) -> Option<usize> {
    let mut arguments = old.arguments.iter();
    arguments.position(|argument| new.names().any(|name| name == argument.name))
}

/// `` `a: f64`, `b: f64` ``
fn listed(arguments: &[Argument]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|it| format!("`{it}`")).collect();
    arguments.join(", ")
}

fn added(old: &Method, new: &Method, place: usize) -> Change {
    let argument = &new.arguments[place];
    let mut after = new.arguments[place + 1..].iter();
    if let Some(moved) = after.find(|it| former(old, it).is_some()) {
        let text = format!(
            "argument `{argument}` was added before `{}`, which had its place",
            moved.name
        );
        return Change::of(new, text).at(argument).breaking();
    }
    if !argument.is_required() {
        return Change::of(new, format!("argument `{argument}` is new")).at(argument);
    }
    let text = format!("argument `{argument}` was added without a default");
    Change::of(new, text).at(argument).breaking()
}

/// Whether no new argument has the old one's name.
fn is_gone(argument: &Argument, new: &Method) -> bool {
    let mut arguments = new.arguments.iter();
    !arguments.any(|it| it.names().any(|name| name == argument.name))
}

/// The old argument in this place, where only its name is another now.
fn renamed<'a>(old: &'a Method, new: &Method, place: usize) -> Option<&'a Argument> {
    let (before, after) = (old.arguments.get(place)?, new.arguments.get(place)?);
    let is_new = former(old, after).is_none() && is_gone(before, new);
    (is_new && same(&before.type_text, &after.type_text)).then_some(before)
}

fn lost_name(before: &Argument, after: &Argument, method: &Method) -> Change {
    let text = format!(
        "argument `{before}` is called `{}`; give that the alias `{}`",
        after.name, before.name
    );
    Change::of(method, text).at(after).breaking()
}

fn compare_names(old: &Argument, new: &Argument, method: &Method, changes: &mut Vec<Change>) {
    if old.name != new.name {
        let text = format!("argument `{}` was called `{}`", new.name, old.name);
        changes.push(Change::of(method, text).at(new));
    }
    for alias in &old.aliases {
        if new.names().all(|name| name != alias) {
            let text = format!("the alias `{alias}` of argument `{}` was removed", new.name);
            changes.push(Change::of(method, text).at(new).breaking());
        }
    }
    for alias in &new.aliases {
        if old.names().all(|name| name != alias) {
            let text = format!("the alias `{alias}` of argument `{}` is new", new.name);
            changes.push(Change::of(method, text).at(new));
        }
    }
}

fn compare_kinds(old: &Argument, new: &Argument, method: &Method, changes: &mut Vec<Change>) {
    let name = &new.name;
    let (before, after) = (&old.type_text, &new.type_text);
    if !same(before, after) {
        let text = format!("the type of argument `{name}` was `{before}`, is `{after}`");
        let widened = Type::read(after).inside_option() == Some(&Type::read(before));
        changes.push(Change::of(method, text).at(new).breaking_if(!widened));
    }
    if old.rest != new.rest {
        let text = if new.rest {
            format!("argument `{name}` was one list, and takes all further arguments")
        } else {
            format!("argument `{name}` took all further arguments, and is one list")
        };
        changes.push(Change::of(method, text).at(new).breaking());
    }
    if old.default != new.default {
        let text = if new.default {
            format!("argument `{name}` has a default now")
        } else {
            format!("argument `{name}` had a default")
        };
        changes.push(
            Change::of(method, text)
                .at(new)
                .breaking_if(new.is_required()),
        );
    }
}
