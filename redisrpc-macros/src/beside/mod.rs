//! What stands beside a service and is, or is called, what only one can be. The
//! compiler tells that once for every method and trait of what is generated; here it
//! is told once.
//!
//! An attribute sees no more than its own item, so the file is read, if something in it
//! may be the mistake. What is not found there, because a macro wrote it or an editor
//! has not saved it, is left to the compiler.

mod file;

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use proc_macro2::{Ident, TokenStream};
use syn::Error;

use self::file::{Beside, Definition};
use crate::{
    diag::Errors,
    expand::{Generated, What},
    model::Service,
    ty,
};

/// The services that were read so far.
static READ: Mutex<Vec<Read>> = Mutex::new(Vec::new());

/// A service, and where it stands.
struct Read {
    file: PathBuf,
    line: usize,
    client: String,
    /// What an impl block is for.
    target: Option<String>,
    body: String,
}

/// Notes what the service cannot be or have; `item` is what it was read from.
pub(crate) fn check(service: &mut Service, item: &TokenStream, errors: &mut Errors) {
    let Some(this) = Read::new(service, item) else {
        return;
    };
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let alike: Vec<_> = read.iter().filter(|it| it.clashes_with(&this)).collect();
    let text = fs::read_to_string(&this.file).unwrap_or_default();
    let names = Generated::of(service).into_iter();
    let names = names.map(|it| (file::lines_defining(&text, &it.name), it));
    let names: Vec<_> = names.filter(|(lines, _)| !lines.is_empty()).collect();
    if !(alike.is_empty() && names.is_empty())
        && let Some(beside) = Beside::of(&text, &this.body)
    {
        if let Some(first) = alike.into_iter().find(|it| beside.has_before(&it.body)) {
            taken_by_service(service, &this, first, errors);
        }
        for (lines, generated) in names {
            if let Some(definition) = beside.definition(&generated.name) {
                taken_by_item(service, &generated, &definition, &lines, errors);
            }
        }
    }
    // An editor asks again and again, for what has changed meanwhile.
    read.retain(|it| it.line != this.line || it.file != this.file);
    read.push(this);
}

/// Whether the type of this name is defined in the item's file, and nothing there but
/// the item would make a service of it.
pub(crate) fn is_alone(name: &Ident) -> bool {
    let text = place().and_then(|(file, _)| fs::read_to_string(file).ok());
    text.is_some_and(|text| {
        let services = text.parse().map(|tokens| file::services_of(tokens, name));
        !file::lines_defining(&text, name).is_empty()
            && services.is_ok_and(|services| services == 1)
    })
}

/// The file and the line of the attribute, where they are known.
fn place() -> Option<(PathBuf, usize)> {
    // Not in tests of the macro's own.
    proc_macro::is_available().then_some(())?;
    let place = proc_macro::Span::call_site();
    Some((place.local_file()?, place.line()))
}

impl Read {
    /// `None` where nothing tells where the service stands.
    fn new(service: &Service, item: &TokenStream) -> Option<Self> {
        let (file, line) = place()?;
        let item: Vec<_> = item.clone().into_iter().collect();
        Some(Self {
            file,
            line,
            client: service.client.to_string(),
            target: (!service.is_trait()).then(|| ty::text(&service.target)),
            body: file::body(&item)?,
        })
    }

    /// Whether they cannot both be in one module.
    fn clashes_with(&self, other: &Self) -> bool {
        let are_two = self.file == other.file && self.line != other.line;
        are_two && (self.has_type_of(other) || self.client == other.client)
    }

    fn has_type_of(&self, other: &Self) -> bool {
        self.target.is_some() && self.target == other.target
    }
}

/// Another service has the client, or is of the same type.
fn taken_by_service(service: &mut Service, this: &Read, first: &Read, errors: &mut Errors) {
    let (name, client, line) = (&service.name, &service.client, first.line);
    service.taken.client = this.client == first.client;
    service.taken.service = this.has_type_of(first);
    if service.taken.service {
        let text = format!(
            "`{name}` is a service already, by the impl block in line {line}; move these \
             methods there"
        );
        errors.at(name, text);
    } else {
        let text = format!(
            "`{client}` is the client of the service in line {line} already; name this one \
             otherwise: `#[service(client = …)]`"
        );
        errors.at(client, text);
    }
}

/// Something else has a name that would be generated.
fn taken_by_item(
    service: &mut Service,
    generated: &Generated,
    definition: &Definition,
    lines: &[usize],
    errors: &mut Errors,
) {
    let (name, keyword) = (&generated.name, &definition.keyword);
    let already = match lines {
        [line] => format!("`{name}` is the {keyword} in line {line} already"),
        _ => format!("`{name}` is a {keyword} beside this already"),
    };
    let text = match generated.what {
        What::Wrapper => format!(
            "{already}, and implementors of `{}` are wrapped in a type of that name; rename the \
             {keyword}",
            service.name
        ),
        _ => format!("{already}; rename it, or the client: `#[service(client = …)]`"),
    };
    let error = Error::new_spanned(name, text);
    let taken = &mut service.taken;
    match generated.what {
        What::Client => taken.client = true,
        What::Wrapper => taken.wrapper = Some(definition.is_plain),
        // It is an error if the runtime has the feature.
        What::Blocking => return taken.blocking = Some(error.into_compile_error()),
        What::Mock => return taken.mock = Some(error.into_compile_error()),
    }
    errors.push(error);
}
