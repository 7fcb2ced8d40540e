//! Options of a method and its arguments that exclude each other.

use proc_macro2::Ident;
use syn::Type;

use crate::{
    diag::Errors,
    model::{Argument, Method, Returns, Service, Shape},
    ty,
};

/// `#[rpc(oneway)] fn add(&self) -> f64`
pub(super) fn check_oneway(method: &Method, errors: &mut Errors) {
    let Some(oneway) = &method.oneway else { return };
    let name = method.ident();
    match &method.returns {
        Returns::Unit => {}
        Returns::Value(ty) | Returns::Result(ty, _) => refuse_return(name, ty, errors),
        Returns::Stream(items) => refuse_return(name, &items.stream, errors),
    }
    if let Some(timeout) = &method.timeout {
        let text = "a `oneway` call waits for nothing and has no `timeout`; remove one";
        errors.conflict(&timeout.key, oneway, text);
    }
}

fn refuse_return(name: &Ident, ty: &Type, errors: &mut Errors) {
    let text = format!(
        "nobody waits for what a `oneway` method returns; remove the return type of `{name}`, or \
         `oneway`"
    );
    errors.at(ty, text);
}

/// `#[rpc(idempotent)] fn ticks(&self) -> impl Stream<Item = Tick>`
pub(super) fn check_stream(method: &Method, service: &Service, errors: &mut Errors) {
    if method.items().is_none() {
        return;
    }
    let why = [
        (
            &method.blocking,
            "a stream is polled and must not block: remove `blocking`, and send the items \
             through a channel from a thread of your own",
        ),
        (
            &method.idempotent,
            "a stream does not begin again where its server died; remove `idempotent`",
        ),
        (
            &method.detached,
            "nobody takes what a stream yields once its caller has gone; remove `detached`",
        ),
    ];
    for (option, text) in why {
        if let Some(option) = option {
            errors.at(option, text);
        }
    }
    let name = method.ident();
    let exclusive = service.methods.iter().find(|method| method.exclusive);
    if let Some(other) = exclusive {
        let text = format!(
            "the calls of a service with `&mut self` methods run one after the other, and all \
             would wait for the stream of `{name}` to end; let `{}` take `&self`, with a lock \
             inside the service, or put `{name}` into another one",
            other.ident()
        );
        errors.at(name, text);
    }
}

/// `#[rpc(blocking)] async fn`
pub(super) fn check_blocking(method: &Method, errors: &mut Errors) {
    let (Some(blocking), Some(token)) = (&method.blocking, &method.sig.asyncness) else {
        return;
    };
    let text = "`blocking` runs a method on a thread where it may block, and an `async fn` must \
                not; remove `blocking`, or `async`";
    errors.conflict(blocking, token, text);
}

/// `#[rpc(detached)] fn add(&self)`
pub(super) fn check_detached(method: &Method, errors: &mut Errors) {
    let waits = method.sig.asyncness.is_some() || method.items().is_some();
    let Some(detached) = method.detached.as_ref().filter(|_| !waits) else {
        return;
    };
    if let Some(blocking) = &method.blocking {
        let text = "a `blocking` method goes on when its caller has given up; remove `detached`";
        return errors.conflict(detached, blocking, text);
    }
    let name = method.ident();
    let text = format!(
        "`{name}` never waits, so it runs to its end whoever has given up; remove `detached`, or \
         make it an `async fn`"
    );
    errors.at(detached, text);
}

/// `#[rpc(named)]` beside `#[rpc(rest)]`
pub(super) fn check_named(method: &Method, errors: &mut Errors) {
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
            errors.conflict(rest, named, text);
        }
    }
}

/// `fn add(&self, #[rpc(default)] a: f64, b: f64)`
pub(super) fn check_defaults(method: &Method, errors: &mut Errors) {
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
        Shape::OptionRef(_) | Shape::OptionSlice(_) | Shape::OptionStr | Shape::OptionStrSlice => {
            true
        }
        Shape::Owned(ty) => ty::only_argument(ty, "Option").is_some(),
        _ => false,
    };
    argument.default.is_none() && argument.rest.is_none() && !is_option
}

/// `rest` that is not last, or has a default.
pub(super) fn check_rest(method: &Method, errors: &mut Errors) {
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
