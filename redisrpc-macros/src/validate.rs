//! What the parts of a service must be together: the second gate. One function
//! per rule; each notes its mistakes and goes on.

use syn::{GenericParam, Item};

use crate::{
    diag::Errors,
    model::{Argument, Method, Returns, Service, Shape},
    names::WireName,
    ty,
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

/// Notes everything that is wrong with the service.
pub(crate) fn service(service: &Service, errors: &mut Errors) {
    check_generics(service, errors);
    check_generated_names(service, errors);
    check_method_names(service, errors);
    for method in &service.methods {
        check_stub_name(method, errors);
        check_oneway(method, errors);
        check_blocking(method, errors);
        check_named(method, errors);
        check_argument_names(method, errors);
        check_defaults(method, errors);
        check_rest(method, errors);
    }
    check_client_impl(service, errors);
}

/// `trait Calculator<'a>`, `impl<'a> Calculator<'a>`
fn check_generics(service: &Service, errors: &mut Errors) {
    for param in &service.generics.params {
        if let GenericParam::Lifetime(param) = param {
            let text = "a service lives as long as its server and can borrow nothing; \
                        own the data, or share it in an `Arc`";
            errors.at(&param.lifetime, text);
        }
    }
}

/// `#[service(client = Calculator)] trait Calculator`
fn check_generated_names(service: &Service, errors: &mut Errors) {
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
fn check_method_names(service: &Service, errors: &mut Errors) {
    let names = service.methods.iter().flat_map(|method| {
        let cfg = !method.attrs.cfg.is_empty();
        std::iter::once(&method.wire)
            .chain(&method.aliases)
            .map(move |name| (name, cfg))
    });
    let mut seen: Vec<(&WireName, bool)> = Vec::new();
    for (name, cfg) in names {
        check_wire_name(name, errors);
        let first = seen.iter().find(|(seen, _)| seen.text == name.text);
        match first {
            // Two under `cfg` may exclude each other; a constant checks it later.
            Some((_, true)) if cfg => {}
            Some((first, _)) => {
                let text = &name.text;
                let text = format!(
                    "`{text}` is the wire name of two methods; \
                                    give one another: `#[rpc(name = \"…\")]`"
                );
                errors.twice(name.tokens(), first.tokens(), text);
            }
            None => seen.push((name, cfg)),
        }
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
    } else if text.len() > LONGEST {
        let length = text.len();
        let text =
            format!("a wire name of {length} bytes is too long; servers read up to {LONGEST}");
        errors.at(name.tokens(), text);
    }
}

/// Whether the method's stub would hide something of the client's own.
pub(crate) fn hides(method: &Method) -> bool {
    OF_THE_CLIENT.iter().any(|taken| method.ident() == taken)
}

/// `fn new(&self)`
fn check_stub_name(method: &Method, errors: &mut Errors) {
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

/// `#[rpc(oneway)] fn add(&self) -> f64`
fn check_oneway(method: &Method, errors: &mut Errors) {
    let Some(oneway) = &method.oneway else { return };
    let name = method.ident();
    match &method.returns {
        Returns::Unit => {}
        Returns::Value(ty) | Returns::Result(ty, _) => {
            let text = format!(
                "nobody waits for what a `oneway` method returns; remove the return \
                                type of `{name}`, or `oneway`"
            );
            errors.at(ty, text);
        }
    }
    if let Some(timeout) = &method.timeout {
        let text = "a `oneway` call waits for nothing and has no `timeout`; remove one";
        errors.twice(&timeout.key, oneway, text);
    }
}

/// `#[rpc(blocking)] async fn`
fn check_blocking(method: &Method, errors: &mut Errors) {
    let (Some(blocking), Some(token)) = (&method.blocking, &method.sig.asyncness) else {
        return;
    };
    let text = "`blocking` runs a method on a thread where it may block, and an `async fn` must \
                not; remove `blocking`, or `async`";
    errors.twice(blocking, token, text);
}

/// `#[rpc(named)]` beside `#[rpc(rest)]`
fn check_named(method: &Method, errors: &mut Errors) {
    let Some(named) = &method.named else { return };
    if method.arguments.is_empty() {
        let name = method.ident();
        let text = format!("`{name}` has no arguments to send by name; remove `named`");
        errors.at(named, text);
    }
    for argument in &method.arguments {
        if let Some(rest) = &argument.rest {
            let text = "further arguments have no names, so `rest` and `named` exclude each other; \
                        remove one";
            errors.twice(rest, named, text);
        }
    }
}

/// Two arguments, or aliases, with one name.
fn check_argument_names(method: &Method, errors: &mut Errors) {
    let mut seen: Vec<(&WireName, bool)> = Vec::new();
    for argument in &method.arguments {
        let cfg = !argument.cfg.is_empty();
        for name in std::iter::once(&argument.wire).chain(&argument.aliases) {
            let first = seen.iter().find(|(seen, _)| seen.text == name.text);
            match first {
                Some((_, true)) if cfg => {}
                Some((first, _)) => {
                    let text = &name.text;
                    let text = format!(
                        "`{text}` is the name of two arguments on the wire; \
                                        give one another: `#[rpc(name = \"…\")]`"
                    );
                    errors.twice(name.tokens(), first.tokens(), text);
                }
                None => seen.push((name, cfg)),
            }
        }
    }
}

/// `fn add(&self, #[rpc(default)] a: f64, b: f64)`
fn check_defaults(method: &Method, errors: &mut Errors) {
    let optional = method
        .arguments
        .iter()
        .find(|argument| argument.default.is_some());
    // By name, any argument can be left out.
    let Some(optional) = optional.filter(|_| method.named.is_none()) else {
        return;
    };
    let after = method
        .arguments
        .iter()
        .skip_while(|argument| argument.default.is_none());
    for argument in after.filter(|argument| is_required(argument)) {
        let (name, optional) = (&argument.ident, &optional.ident);
        let text = format!(
            "`{name}` stands after `{optional}`, which may be left out; give \
                            `{name}` a default too, put it first, or send all by name: \
                            `#[rpc(named)]`"
        );
        errors.at(name, text);
    }
}

fn is_required(argument: &Argument) -> bool {
    let is_option = match &argument.shape {
        Shape::OptionRef(_) | Shape::OptionSlice(_) | Shape::OptionStr => true,
        Shape::Owned(ty) => ty::only_argument(ty, "Option").is_some(),
        _ => false,
    };
    argument.default.is_none() && argument.rest.is_none() && !is_option
}

/// `rest` that is not last, or has a default.
fn check_rest(method: &Method, errors: &mut Errors) {
    let last = method.arguments.len().saturating_sub(1);
    for (index, argument) in method.arguments.iter().enumerate() {
        let Some(rest) = &argument.rest else { continue };
        let name = &argument.ident;
        if index != last {
            let text = format!("`{name}` takes all further arguments, so it must be the last");
            errors.at(rest, text);
        }
        if argument.default.is_some() {
            let text = format!("without further arguments `{name}` is empty; remove `default`");
            errors.at(rest, text);
        }
    }
}

/// `client = impl` needs a trait whose every method can fail to reach a server.
fn check_client_impl(service: &Service, errors: &mut Errors) {
    let Some(token) = &service.client_impl else {
        return;
    };
    if let Item::Impl(_) = service.item {
        let text = "`client = impl` implements a trait, and this is an impl block; put \
                    `#[service]` on a trait, or remove it";
        errors.at(token, text);
        return;
    }
    let mut refuse = |name: &syn::Ident, why: &str| {
        let text = format!("the client cannot implement `{name}`, as `client = impl` asks: {why}");
        errors.at(name, text);
    };
    for method in &service.methods {
        let name = method.ident();
        if method.sig.asyncness.is_none() {
            refuse(name, "it must be an `async fn`");
        } else if !matches!(method.returns, Returns::Result(..)) {
            refuse(
                name,
                "it must return a `Result` whose error is `From<redisrpc::Error>`",
            );
        }
    }
    for name in &service.skipped {
        refuse(name, "it is not exported; give it a body");
    }
}
