//! One method: whether it is exported, and whether it can be called from afar.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, Block, FnArg, ImplItem, ImplItemFn, ItemImpl, ItemTrait, ReturnType, Signature,
    TraitItem, TraitItemFn, Type, Visibility,
    parse::{ParseStream, Parser as _},
    parse_quote,
};

use super::{
    argument::{mistake, stand_ins},
    attributes::{carried, strip_arguments, take_argument_args, take_rpc, unfold},
    context,
    signature::{exclusive, refuse_generics, refuse_qualifiers},
    types::owned,
};
use crate::{
    args::{self, MethodArgs},
    diag::Errors,
    fallback,
    model::{Carried, Method, Returns, Timeout},
    names::{Rule, WireName},
    ty,
};

/// What reading a method depends on.
pub(super) struct Reader<'a> {
    pub(super) rename_all: Option<Rule>,
    /// What `Self` stands for; nothing in a trait.
    pub(super) target: Option<&'a TokenStream>,
}

/// The methods of an item.
#[derive(Default)]
pub(super) struct Members {
    pub(super) methods: Vec<Method>,
    /// Stand-ins for those with mistakes.
    pub(super) stand_ins: Vec<Method>,
    /// Whether any is exported, those with mistakes included.
    pub(super) has_exports: bool,
    /// Methods of a trait that are not exported and have no body.
    pub(super) skipped: Vec<Ident>,
}

impl Members {
    pub(super) fn read_trait(
        &mut self,
        item: &mut ItemTrait,
        reader: &Reader<'_>,
        errors: &mut Errors,
    ) {
        for item in &mut item.items {
            without_visibility(item, errors);
            match item {
                TraitItem::Fn(method) => self.read_trait_method(method, reader, errors),
                TraitItem::Const(item) => {
                    let text = "a service has methods only; move the constant to another trait";
                    errors.at(&item.ident, text);
                }
                TraitItem::Type(item) => {
                    let text = "a service cannot have associated types: callers do not know them; \
                                use a type parameter of the trait, or a concrete type";
                    errors.at(&item.ident, text);
                }
                other => errors.at(other, "only methods can stand in a service"),
            }
        }
    }

    fn read_trait_method(
        &mut self,
        method: &mut TraitItemFn,
        reader: &Reader<'_>,
        errors: &mut Errors,
    ) {
        unfold(&mut method.attrs, errors);
        let args = args::method(&take_rpc(&mut method.attrs), errors);
        if args.skip.key().is_some() {
            strip_arguments(&mut method.sig);
            if method.default.is_none() {
                self.skipped.push(method.sig.ident.clone());
            }
            return;
        }
        let attrs = carried(&method.attrs);
        let mut read = reader.method(&mut method.sig, args, attrs, errors);
        if let Some(read) = &mut read.method {
            read.has_default_body = method.default.is_some();
        }
        if replace_refused(&mut method.sig, &mut method.attrs)
            && let Some(body) = &mut method.default
        {
            *body = hollow();
        }
        self.add(read);
    }

    pub(super) fn read_impl(
        &mut self,
        item: &mut ItemImpl,
        reader: &Reader<'_>,
        errors: &mut Errors,
    ) {
        for item in &mut item.items {
            // Constants and the like are the type's own business.
            let ImplItem::Fn(method) = item else { continue };
            unfold(&mut method.attrs, errors);
            let args = args::method(&take_rpc(&mut method.attrs), errors);
            if is_exported(method, &args) {
                let attrs = carried(&method.attrs);
                self.add(reader.method(&mut method.sig, args, attrs, errors));
                if replace_refused(&mut method.sig, &mut method.attrs) {
                    method.block = hollow();
                }
            } else {
                strip_arguments(&mut method.sig);
            }
        }
        if !self.has_exports {
            self.read_private(item, reader);
        }
    }

    /// Reads what is private as what it was meant to be, in a block that exports nothing.
    fn read_private(&mut self, item: &ItemImpl, reader: &Reader<'_>) {
        let methods = item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.receiver().is_some() => Some(method),
            _ => None,
        });
        for method in methods {
            let (mut sig, args) = (method.sig.clone(), MethodArgs::default());
            let read = reader.method(&mut sig, args, Carried::default(), &mut Errors::default());
            self.stand_ins.extend(read.stand_in.or(read.method));
        }
    }

    fn add(&mut self, read: Read) {
        self.has_exports = true;
        self.stand_ins.extend(read.stand_in);
        let Some(method) = read.method else { return };
        // Of two with one name the compiler complains itself, and better.
        let again = |known: &Method| {
            known.ident() == method.ident()
                && known.attrs.cfg.is_empty()
                && method.attrs.cfg.is_empty()
        };
        if !self.methods.iter().any(again) {
            self.methods.push(method);
        }
    }
}

/// Makes a method of a `pub fn` in a trait, which `syn` does not read as one.
fn without_visibility(item: &mut TraitItem, errors: &mut Errors) {
    let TraitItem::Verbatim(tokens) = item else {
        return;
    };
    let parser = |input: ParseStream<'_>| {
        let attrs = Attribute::parse_outer(input)?;
        let (vis, method) = (input.parse()?, input.parse()?);
        Ok::<(Visibility, _), _>((vis, TraitItemFn { attrs, ..method }))
    };
    if let Ok((vis, method)) = parser.parse2(tokens.clone()) {
        let text = "a method of a trait is as public as the trait; remove this";
        errors.at(vis, text);
        *item = TraitItem::Fn(method);
    }
}

/// Replaces what has no size, and `!`. That these are wrong is told by us, so the
/// compiler need not do so too, nor tell what does not fit in the body; whether there
/// was any.
fn replace_refused(sig: &mut Signature, attrs: &mut Vec<Attribute>) -> bool {
    let inputs = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&mut *typed.ty),
        FnArg::Receiver(_) => None,
    });
    let output = match &mut sig.output {
        ReturnType::Type(_, ty) => Some(&mut **ty),
        ReturnType::Default => None,
    };
    let mut any = false;
    for ty in inputs.chain(output) {
        let never = matches!(ty::bare(ty), Type::Never(_)).then(|| parse_quote!(()));
        if let Some(other) = never.or_else(|| owned(ty)) {
            *ty = other;
            any = true;
        }
    }
    if any {
        attrs.push(parse_quote!(#[allow(unused_variables)]));
    }
    any
}

/// The body of a method that is never run.
fn hollow() -> Block {
    let hollow = fallback::hollow();
    parse_quote!({ #hollow })
}

/// Public methods are, and those with `#[rpc]`; `#[rpc(skip)]` takes one out.
fn is_exported(method: &ImplItemFn, args: &MethodArgs) -> bool {
    if args.skip.key().is_some() {
        return false;
    }
    let is_public = matches!(method.vis, Visibility::Public(_));
    args.present || (is_public && method.sig.receiver().is_some())
}

/// What a method was read as.
struct Read {
    /// Nothing if it cannot be called from afar. Without the arguments that cannot
    /// be sent.
    method: Option<Method>,
    /// What its callers see, if there is a mistake in it.
    stand_in: Option<Method>,
}

impl Reader<'_> {
    /// Reads the method, and takes our attributes off its arguments.
    fn method(
        &self,
        sig: &mut Signature,
        args: MethodArgs,
        attrs: Carried,
        errors: &mut Errors,
    ) -> Read {
        let argument_args = take_argument_args(sig, errors);
        refuse_qualifiers(sig, errors);
        refuse_generics(sig, errors);
        let exclusive = exclusive(sig, errors);
        let typed = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        let (context, travelling) = context::part(typed.zip(argument_args), errors);
        let arguments: Vec<_> = travelling
            .into_iter()
            .map(|(typed, args)| (typed, self.argument(typed, args, errors)))
            .collect();
        let returns = self.returns(sig, errors);
        let can_be_called = exclusive.is_some() && returns.is_some();
        let is_whole = can_be_called && arguments.iter().all(|(_, read)| read.is_some());
        let stand_ins = (!is_whole).then(|| stand_ins(&arguments));
        let arguments = arguments.into_iter().filter_map(|(_, read)| read);
        let method = Method {
            wire: WireName::new(args.name.get().as_ref(), &sig.ident, self.rename_all),
            aliases: args.alias.iter().map(WireName::given).collect(),
            attrs,
            exclusive: exclusive.unwrap_or_default(),
            has_default_body: false,
            arguments: arguments.collect(),
            context,
            returns: returns.unwrap_or_else(|| Returns::Value(Box::new(mistake()))),
            oneway: args.oneway.get(),
            idempotent: args.idempotent.get(),
            blocking: args.blocking.get(),
            detached: args.detached.get(),
            named: args.named.get(),
            timeout: args.timeout.pair().map(|(key, ms)| Timeout { key, ms }),
            sig: sig.clone(),
        };
        self.leave_to_us(sig, is_whole);
        Read {
            stand_in: stand_ins.map(|arguments| Method {
                arguments,
                ..method.clone()
            }),
            method: can_be_called.then_some(method),
        }
    }

    /// Takes out of a signature what is refused already: the compiler need not do so too.
    fn leave_to_us(&self, sig: &mut Signature, is_whole: bool) {
        if self.target.is_none() || sig.asyncness.is_some() {
            sig.constness = None;
        }
        if !is_whole && self.target.is_none() {
            // `Self`, whose size is not known, may be what is wrong.
            let clause = sig.generics.make_where_clause();
            clause
                .predicates
                .push(parse_quote!(Self: ::core::marker::Sized));
        }
    }
}
