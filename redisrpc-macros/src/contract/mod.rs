//! Contracts: a service compared with the file that its callers rely on.

pub(crate) mod facts;
mod file;
mod stub;

use proc_macro2::TokenStream;
use redisrpc_contract::{Change, Contract, compare};

use self::file::{File, Task, write_command};
pub(crate) use self::stub::service as stub;
use crate::{
    diag::Errors,
    model::{Method, Service},
};

/// `#[service(contract = "calc.contract.json")]`: notes what breaks callers that
/// know the file, or writes it.
pub(crate) fn check(service: &Service, errors: &mut Errors) {
    let Some(name) = service.contract.as_ref().filter(|_| !service.is_stub()) else {
        return;
    };
    // Of a service with mistakes a part is missing, and only because of them.
    if errors.any() {
        return;
    }
    let Some(task) = Task::of_build(name, errors) else {
        return;
    };
    let (file, new) = (File::named(name), facts::contract(service));
    if task == Task::Write {
        return write(&file, &new, errors);
    }
    let help = format!("; to write it: `{}`", write_command());
    let Some(old) = file.read(&help, errors) else {
        return;
    };
    let changes = compare(&old, &new);
    let told = changes
        .iter()
        .filter(|change| change.is_breaking() || task == Task::Check);
    for change in told {
        note(change, service, &old, errors);
    }
    if task == Task::Check && !errors.any() && old != new {
        let text = format!(
            "`{}` is out of date, in its documentation{}",
            name.value(),
            accept()
        );
        errors.at(name, text);
    }
}

/// Writes the file, and says what that accepts.
fn write(file: &File<'_>, new: &Contract, errors: &mut Errors) {
    // One that cannot be read is replaced, and what it said cannot be told.
    let old = file.read("", &mut Errors::default());
    if file.write(new, errors) {
        let changes = old.map(|old| compare(&old, new)).unwrap_or_default();
        eprintln!("redisrpc: wrote `{}`", file.name.value());
        for change in changes {
            let mark = if change.is_breaking() {
                "breaking: "
            } else {
                ""
            };
            eprintln!("redisrpc:   {mark}{change}");
        }
    }
}

/// Makes cargo compile anew when the file changes.
pub(crate) fn tracked(service: &Service) -> Option<TokenStream> {
    let name = service.contract.as_ref()?;
    Some(File::named(name).tracked())
}

/// Notes a change where it was made; of what is gone, where the contract is named.
fn note(change: &Change, service: &Service, old: &Contract, errors: &mut Errors) {
    let Some(name) = &service.contract else {
        return;
    };
    let of = name.value();
    let what = if change.is_breaking() {
        format!("this breaks callers that know `{of}`")
    } else {
        format!("this is not in `{of}` yet")
    };
    let methods = service.methods.iter();
    let method = methods.rev().find(|it| it.wire.text == change.method());
    let was = method.and_then(|method| former(method, old));
    let was = was.map(|was| format!("\n  = note: the method was `{was}`"));
    let text = format!(
        "{what}: {}{}{}",
        change.text(),
        was.unwrap_or_default(),
        accept()
    );
    let arguments = method.map_or(&[][..], |method| &method.arguments).iter();
    let argument = arguments
        .rev()
        .find(|it| Some(it.wire.text.as_str()) == change.argument());
    match (argument, method) {
        (Some(argument), _) => errors.at(&argument.ident, text),
        (None, Some(method)) => errors.at(method.ident(), text),
        (None, None) => errors.at(name, text),
    }
}

/// What the method was called, and what it was.
fn former(method: &Method, old: &Contract) -> Option<String> {
    let mut names = method.wire_names();
    let was = names.find_map(|name| old.method(&name.text))?;
    Some(was.to_string())
}

fn accept() -> String {
    format!("\n  = help: to accept this: `{}`", write_command())
}
