//! Names: free for what is generated, and one for each thing on the wire.

use std::iter;

use proc_macro2::Ident;
use syn::Attribute;

use crate::{
    diag::Errors,
    model::{Method, Service},
    names::WireName,
};

/// What the client has already: a stub method of this name would hide it.
const OF_THE_CLIENT: [&str; 7] = [
    "new",
    "client",
    "clone",
    "from",
    "on_default_queue",
    "DESCRIPTOR",
    "QUEUE",
];

/// Wire names that begin so are kept for the framework's own methods.
const RESERVED: &str = "redisrpc.";

/// The longest name a server reads.
const LONGEST: usize = 255;

/// `#[service(client = Calculator)] trait Calculator`
pub(super) fn check_generated_names(service: &Service, errors: &mut Errors) {
    let (client, name) = (&service.client, &service.name);
    if client == name {
        let text =
            format!("the client cannot be called `{client}` too; write `client = {name}Client`");
        errors.at(client, text);
    } else if !names_are_free(service) {
        let text = format!("`{client}` wraps the implementors; write `client = {name}Client`");
        errors.at(client, text);
    }
}

/// Whether the generated types have names of their own.
pub(crate) fn names_are_free(service: &Service) -> bool {
    let (client, name) = (&service.client, &service.name);
    client != name && !(service.is_trait() && *client == format!("{name}Service"))
}

/// Two methods, or aliases, with one name on the wire.
pub(super) fn check_method_names(service: &Service, errors: &mut Errors) {
    for name in service.methods.iter().flat_map(Method::wire_names) {
        check_wire_name(name, errors);
    }
    let named = service.methods.iter().map(|method| Named {
        names: method.wire_names().collect(),
        what: "methods",
        cfg: &method.attrs.cfg,
    });
    check_distinct(named, &[], errors);
}

/// Something with a wire name and perhaps aliases.
struct Named<'a> {
    names: Vec<&'a WireName>,
    what: &'static str,
    cfg: &'a [Attribute],
}

/// Notes what has the name of another; all are under the `cfg` of what is around.
fn check_distinct<'a>(
    all: impl Iterator<Item = Named<'a>>,
    around: &[Attribute],
    errors: &mut Errors,
) {
    let mut seen: Vec<Named<'_>> = Vec::new();
    for named in all {
        for (at, name) in named.names.iter().enumerate() {
            if let Some(first) = name.among(&named.names[..at]) {
                let text = format!("`{}` is a name of it already; remove the alias", name.text);
                errors.twice(name.tokens(), first.tokens(), text);
                continue;
            }
            for (other, first) in seen
                .iter()
                .filter_map(|it| Some((it, name.among(&it.names)?)))
            {
                let text = format!(
                    "`{}` is the name of two {} on the wire; give one another: \
                     `#[rpc(name = \"…\")]`",
                    name.text, named.what
                );
                if named.cfg.is_empty() || other.cfg.is_empty() {
                    errors.twice(name.tokens(), first.tokens(), text);
                    break;
                }
                // Two under `cfg` may exclude each other.
                let cfg = around.iter().chain(named.cfg).chain(other.cfg);
                errors.twice_under(cfg, name.tokens(), first.tokens(), text);
            }
        }
        seen.push(named);
    }
}

fn check_wire_name(name: &WireName, errors: &mut Errors) {
    let text = &name.text;
    if text.starts_with(RESERVED) {
        let text = format!(
            "names that begin with `{RESERVED}` are kept for redisrpc itself; \
                            choose another for `{text}`"
        );
        errors.at(name.tokens(), text);
    } else if text.is_empty() {
        errors.at(
            name.tokens(),
            "nothing is left of this name on the wire; give it one: \
                                  `#[rpc(name = \"…\")]`",
        );
    } else if text.chars().any(char::is_control) {
        errors.at(
            name.tokens(),
            "a wire name cannot hold control characters; no log could show it",
        );
    } else if text.len() > LONGEST {
        let length = text.len();
        let text =
            format!("a wire name of {length} bytes is too long; servers read up to {LONGEST}");
        errors.at(name.tokens(), text);
    }
}

/// Whether the method's stub would hide something of the client's own.
pub(crate) fn hides(method: &Method) -> bool {
    is_taken(method.ident())
}

/// Whether the client has something with this name.
pub(crate) fn is_taken(name: &Ident) -> bool {
    OF_THE_CLIENT.iter().any(|taken| name == taken)
}

/// `fn new(&self)`
pub(super) fn check_stub_name(method: &Method, errors: &mut Errors) {
    let name = method.ident();
    if hides(method) {
        let wire = &method.wire.text;
        let text = format!(
            "the client has a `{name}` of its own; rename the method, and keep its \
                            name on the wire: `#[rpc(name = \"{wire}\")]`"
        );
        errors.at(name, text);
    }
}

/// Two arguments, or aliases, with one name.
pub(super) fn check_argument_names(method: &Method, errors: &mut Errors) {
    let arguments = &method.arguments;
    // Of two with one name the compiler complains itself, and better.
    let again = |at: usize| {
        arguments[..at]
            .iter()
            .any(|it| it.ident == arguments[at].ident)
    };
    let distinct = arguments.iter().enumerate().filter(|(at, _)| !again(*at));
    let named = distinct.map(|(_, argument)| Named {
        names: iter::once(&argument.wire)
            .chain(&argument.aliases)
            .collect(),
        what: "arguments",
        cfg: &argument.cfg,
    });
    check_distinct(named, &method.attrs.cfg, errors);
}
