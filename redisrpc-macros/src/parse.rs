//! From syntax to the model: the first gate. What has no place in the model is
//! a mistake and noted here; what the parts mean together is checked in
//! `validate`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, ItemTrait, Pat, PatType, Receiver,
    ReceiverKind, ReturnType, Signature, TraitItem, Type, Visibility, parse_quote,
};

use crate::{
    args::{self, ArgumentArgs, MethodArgs, ServiceArgs},
    diag::Errors,
    model::{Argument, Carried, DefaultValue, Method, Returns, Service, Shape, Timeout},
    names::{Rule, WireName},
    ty,
};

/// The trait or impl block as a service; `None` if the item cannot be one.
pub(crate) fn service(mut item: Item, args: ServiceArgs, errors: &mut Errors) -> Option<Service> {
    let rename_all = args.rename_all.get();
    let (client_name, client_impl) = args.client.get().unwrap_or_default();
    let (mut methods, mut skipped) = (Vec::new(), Vec::new());
    let head = match &mut item {
        Item::Trait(item) => {
            let reader = Reader {
                rename_all,
                target: None,
            };
            methods.extend(trait_methods(item, &reader, &mut skipped, errors));
            trait_head(item)
        }
        Item::Impl(item) => {
            let head = impl_head(item)?;
            let reader = Reader {
                rename_all,
                target: Some(&head.target),
            };
            methods.extend(impl_methods(item, &reader, errors));
            head
        }
        _ => return None,
    };
    let krate = match args.krate.get() {
        Some(path) => path.into_token_stream(),
        None => quote!(::redisrpc),
    };
    let client = client_name
        .unwrap_or_else(|| format_ident!("{}Client", head.name, span = head.name.span()));
    Some(Service {
        krate,
        name: head.name,
        vis: head.vis,
        generics: head.generics,
        target: head.target,
        attrs: head.attrs,
        item,
        client,
        client_impl,
        queue: args.queue.get(),
        methods,
        skipped,
    })
}

/// The item, if it is one that can be a service.
pub(crate) fn item(tokens: TokenStream, errors: &mut Errors) -> Option<Item> {
    let item: Item = errors.ok(syn::parse2(tokens))?;
    match &item {
        Item::Trait(item) => {
            if let Some(token) = &item.unsafety {
                errors.at(token, "a service trait cannot be `unsafe`; remove it");
            }
        }
        Item::Impl(item) => return check_impl(item, errors).then(|| Item::Impl(item.clone())),
        _ => {
            let text = "`#[service]` goes on a trait or on an impl block";
            errors.at(first_keyword(&item), text);
            return None;
        }
    }
    Some(item)
}

fn check_impl(item: &ItemImpl, errors: &mut Errors) -> bool {
    if let Some((path, _)) = &item.trait_ {
        let name = ty::text(path);
        let text = format!(
            "this implements `{name}`; put `#[service]` on the trait, or on an \
                            inherent impl block"
        );
        errors.at(path, text);
        return false;
    }
    if ty::path(&item.self_ty).is_none() {
        let text = "a service needs a name: write the impl block for a struct or an enum";
        errors.at(&item.self_ty, text);
        return false;
    }
    true
}

/// `struct` of `pub struct Calculator;`, to say what the item is.
fn first_keyword(item: &Item) -> TokenStream {
    const KEYWORDS: [&str; 11] = [
        "struct", "enum", "union", "fn", "mod", "type", "const", "static", "use", "extern", "macro",
    ];
    let tokens = item.to_token_stream();
    let keyword = tokens.clone().into_iter().find(|token| {
        matches!(token, TokenTree::Ident(ident) if KEYWORDS.iter().any(|known| ident == known))
    });
    keyword.map_or(tokens, TokenStream::from)
}

/// What is read off the item itself.
struct Head {
    name: Ident,
    vis: Visibility,
    generics: syn::Generics,
    target: TokenStream,
    attrs: Carried,
}

fn trait_head(item: &ItemTrait) -> Head {
    let (_, arguments, _) = item.generics.split_for_impl();
    let name = &item.ident;
    Head {
        name: name.clone(),
        vis: item.vis.clone(),
        generics: item.generics.clone(),
        target: quote!(#name #arguments),
        attrs: carried(&item.attrs),
    }
}

fn impl_head(item: &ItemImpl) -> Option<Head> {
    let name = ty::path(&item.self_ty)?.segments.last()?.ident.clone();
    Some(Head {
        name,
        // An impl block has no visibility of its own, and its type's is not seen
        // from here. What the client shows is no more public than it is anyway.
        vis: parse_quote!(pub),
        generics: item.generics.clone(),
        target: item.self_ty.to_token_stream(),
        attrs: carried(&item.attrs),
    })
}

/// What reading a method depends on.
struct Reader<'a> {
    rename_all: Option<Rule>,
    /// What `Self` stands for; nothing in a trait.
    target: Option<&'a TokenStream>,
}

fn trait_methods(
    item: &mut ItemTrait,
    reader: &Reader<'_>,
    skipped: &mut Vec<Ident>,
    errors: &mut Errors,
) -> Vec<Method> {
    let mut methods = Vec::new();
    for item in &mut item.items {
        match item {
            TraitItem::Fn(method) => {
                let rpc = take_rpc(&mut method.attrs);
                let args = args::method(&rpc, errors);
                let attrs = carried(&method.attrs);
                if args.skip.key().is_some() && method.default.is_none() {
                    skipped.push(method.sig.ident.clone());
                }
                let parsed = reader.method(&mut method.sig, args, attrs, errors);
                methods.extend(parsed.map(|parsed| Method {
                    has_default_body: method.default.is_some(),
                    ..parsed
                }));
            }
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
    methods
}

fn impl_methods(item: &mut ItemImpl, reader: &Reader<'_>, errors: &mut Errors) -> Vec<Method> {
    let mut methods = Vec::new();
    for item in &mut item.items {
        // Constants and the like are the type's own business.
        let ImplItem::Fn(method) = item else { continue };
        let rpc = take_rpc(&mut method.attrs);
        let args = args::method(&rpc, errors);
        if !is_exported(method, &args) {
            strip_arguments(&mut method.sig);
            continue;
        }
        let attrs = carried(&method.attrs);
        methods.extend(reader.method(&mut method.sig, args, attrs, errors));
    }
    methods
}

/// Public methods are, and those with `#[rpc]`; `#[rpc(skip)]` takes one out.
fn is_exported(method: &ImplItemFn, args: &MethodArgs) -> bool {
    if args.skip.key().is_some() {
        return false;
    }
    let is_public = matches!(method.vis, Visibility::Public(_));
    args.present || (is_public && method.sig.receiver().is_some())
}

impl Reader<'_> {
    /// The method; `None` if it cannot be called from afar. Takes our attributes
    /// off the arguments.
    fn method(
        &self,
        sig: &mut Signature,
        args: MethodArgs,
        attrs: Carried,
        errors: &mut Errors,
    ) -> Option<Method> {
        let skipped = args.skip.key().is_some();
        let argument_args = take_argument_args(sig, errors);
        if skipped {
            return None;
        }
        refuse_qualifiers(sig, errors);
        let exclusive = receiver(sig, errors);
        let mut arguments = Vec::new();
        let typed = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        for (typed, args) in typed.zip(argument_args) {
            arguments.extend(self.argument(typed, args, errors));
        }
        let returns = self.returns(sig, errors);
        Some(Method {
            wire: WireName::new(args.name.get().as_ref(), &sig.ident, self.rename_all),
            aliases: args.alias.iter().map(WireName::given).collect(),
            attrs,
            exclusive: exclusive?,
            has_default_body: false,
            arguments,
            returns: returns?,
            oneway: args.oneway.get(),
            idempotent: args.idempotent.get(),
            blocking: args.blocking.get(),
            named: args.named.get(),
            timeout: args.timeout.pair().map(|(key, ms)| Timeout { key, ms }),
            sig: sig.clone(),
        })
    }

    fn argument(
        &self,
        typed: &PatType,
        args: ArgumentArgs,
        errors: &mut Errors,
    ) -> Option<Argument> {
        let ident = argument_name(&typed.pat, errors)?;
        let ty = self.known_to_callers(&typed.ty, errors)?;
        let rest = args.rest.get();
        let shape = shape(&ty, errors)?;
        if rest.is_some()
            && !matches!(&shape, Shape::Slice(_))
            && ty::only_argument(&ty, "Vec").is_none()
        {
            let text = "`rest` collects all further arguments: its type is `Vec<T>` or `&[T]`";
            errors.at(&typed.ty, text);
        }
        Some(Argument {
            wire: WireName::new(args.name.get().as_ref(), &ident, self.rename_all),
            aliases: args.alias.iter().map(WireName::given).collect(),
            cfg: carried(&typed.attrs).cfg,
            ident,
            ty,
            shape,
            default: args.default.get().map(|(_, expr)| match expr {
                Some(expr) => DefaultValue::Expr(expr),
                None => DefaultValue::Trait,
            }),
            rest,
        })
    }

    fn returns(&self, sig: &Signature, errors: &mut Errors) -> Option<Returns> {
        let ReturnType::Type(_, ty) = &sig.output else {
            return Some(Returns::Unit);
        };
        let ty = self.known_to_callers(ty, errors)?;
        if ty::is_unit(&ty) {
            return Some(Returns::Unit);
        }
        if let Some(reference) = ty::borrow_in(&ty) {
            let text = "a reference cannot travel back to the caller; return an owned value, \
                        such as `String` for `&str`";
            errors.at(reference, text);
            return None;
        }
        if matches!(ty::bare(&ty), Type::ImplTrait(_)) {
            let name = &sig.ident;
            let text = format!(
                "callers must know the type that comes back; write \
                                `async fn {name}(…) -> R` with a concrete `R`"
            );
            errors.at(&ty, text);
            return None;
        }
        let Some(arguments) = ty::arguments_of(&ty, "Result") else {
            return Some(Returns::Value(ty));
        };
        let both = match arguments.as_slice() {
            [
                syn::GenericArgument::Type(value),
                syn::GenericArgument::Type(error),
            ] => Some((value.clone(), error.clone())),
            _ => None,
        };
        Some(Returns::Result(ty, both))
    }

    /// The type with `Self` replaced by what it is; in a trait nobody knows.
    fn known_to_callers(&self, ty: &Type, errors: &mut Errors) -> Option<Type> {
        let Some(token) = ty::ident_in(ty, "Self") else {
            return Some(ty.clone());
        };
        let Some(target) = self.target else {
            let text = "`Self` is another type at the caller's; use a type parameter of the \
                        trait, or a concrete type";
            errors.at(token, text);
            return None;
        };
        errors.ok(syn::parse2(ty::without_self(ty, target)))
    }
}

fn argument_name(pat: &Pat, errors: &mut Errors) -> Option<Ident> {
    match pat {
        // `mut` is the method's own business, and not allowed in a trait anyway.
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        Pat::Wild(_) => {
            errors.at(
                pat,
                "an argument needs a name that callers can use; write `_name` if \
                            the method does not read it",
            );
            None
        }
        _ => {
            let text = ty::text(pat);
            errors.at(
                pat,
                format_args!(
                    "argument `{text}` is a pattern; give it a name, and \
                                         take it apart in the body"
                ),
            );
            None
        }
    }
}

fn shape(ty: &Type, errors: &mut Errors) -> Option<Shape> {
    let shape = match ty::bare(ty) {
        Type::Reference(reference) => {
            if let Some(token) = reference.mutability {
                let text = "changes made through `&mut` do not travel back; take the value and \
                            return the new one";
                errors.at(token, text);
                return None;
            }
            if let Some(lifetime) = &reference.lifetime {
                let text = "callers share no lifetimes with the server; leave it out: `&str`, `&T`";
                errors.at(lifetime, text);
                return None;
            }
            borrowed(&reference.elem)
        }
        Type::ImplTrait(_) => {
            errors.at(
                ty,
                "`impl Trait` is no type that callers can know; write a concrete type",
            );
            return None;
        }
        _ => match ty::only_argument(ty, "Option").map(ty::bare) {
            Some(Type::Reference(reference)) if reference.mutability.is_none() => {
                match borrowed(&reference.elem) {
                    Shape::Str => Shape::OptionStr,
                    Shape::Slice(ty) => Shape::OptionSlice(ty),
                    Shape::Ref(ty) => Shape::OptionRef(ty),
                    other => other,
                }
            }
            _ if is_cow_str(ty) => Shape::CowStr,
            _ => Shape::Owned(ty.clone()),
        },
    };
    let (Shape::Owned(inner)
    | Shape::Ref(inner)
    | Shape::Slice(inner)
    | Shape::OptionRef(inner)
    | Shape::OptionSlice(inner)) = &shape
    else {
        return Some(shape);
    };
    if let Some(reference) = ty::borrow_in(inner) {
        let text = "a server has nothing to lend from inside this type; only `&T`, `&str`, `&[T]` \
                    and these in an `Option` can be borrowed, so take an owned type here";
        errors.at(reference, text);
        return None;
    }
    Some(shape)
}

/// What `&T` is for this `T`.
fn borrowed(elem: &Type) -> Shape {
    match ty::bare(elem) {
        Type::Slice(slice) => Shape::Slice((*slice.elem).clone()),
        _ if ty::is_named(elem, "str") => Shape::Str,
        elem => Shape::Ref(elem.clone()),
    }
}

fn is_cow_str(ty: &Type) -> bool {
    // `Cow<'static, str>` is an owned type like any other.
    ty::ident_in(ty, "static").is_none()
        && ty::arguments_of(ty, "Cow").is_some_and(|arguments| {
            matches!(arguments.last(), Some(syn::GenericArgument::Type(ty)) if ty::is_named(ty, "str"))
        })
}

/// Whether the method takes `&mut self`; `None` if it cannot be called.
fn receiver(sig: &Signature, errors: &mut Errors) -> Option<bool> {
    let Some(receiver) = sig.receiver() else {
        let name = &sig.ident;
        errors.at(
            name,
            format_args!("`{name}` has no receiver; write `fn {name}(&self, …)`"),
        );
        return None;
    };
    let exclusive = is_exclusive(receiver);
    if exclusive.is_none() {
        let text = "a service stays with its server, so its methods take `&self` or `&mut self`";
        errors.at(receiver, text);
    }
    exclusive
}

/// In syn 3 the `mut` of `&mut self` is part of the receiver's kind.
fn is_exclusive(receiver: &Receiver) -> Option<bool> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match ty::bare(ty) {
            Type::Reference(reference) if ty::is_named(&reference.elem, "Self") => {
                Some(reference.mutability.is_some())
            }
            _ => None,
        },
        _ => None,
    }
}

fn refuse_qualifiers(sig: &Signature, errors: &mut Errors) {
    let name = &sig.ident;
    let mut refuse = |tokens: &dyn ToTokens, what: &str| {
        let text = format!("a method that is called from afar cannot be {what}; write `fn {name}`");
        errors.at(tokens, text);
    };
    if let Some(token) = &sig.constness {
        refuse(token, "`const`");
    }
    match &sig.safety {
        syn::Safety::Unsafe(token) => refuse(token, "`unsafe`"),
        syn::Safety::Safe(token) => refuse(token, "`safe`"),
        syn::Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "`extern`");
    }
    if let Some(variadic) = &sig.variadic {
        let text = "callers cannot send C variadics; take a list: `#[rpc(rest)] values: Vec<T>`";
        errors.at(variadic, text);
    }
    refuse_generics(sig, errors);
}

fn refuse_generics(sig: &Signature, errors: &mut Errors) {
    for param in &sig.generics.params {
        match param {
            syn::GenericParam::Type(param) => {
                let name = &param.ident;
                let text = format!(
                    "a request does not say which type `{name}` is; move `{name}` \
                                    to the service, or write a concrete type"
                );
                errors.at(name, text);
            }
            syn::GenericParam::Const(param) => {
                let name = &param.ident;
                let text =
                    format!("a request does not say what `{name}` is; take it as an argument");
                errors.at(name, text);
            }
            syn::GenericParam::Lifetime(param) => {
                let text = "callers share no lifetimes with the server; leave it out: `&str`, `&T`";
                errors.at(&param.lifetime, text);
            }
        }
    }
}

/// The options of the method's arguments; takes the attributes off.
fn take_argument_args(sig: &mut Signature, errors: &mut Errors) -> Vec<ArgumentArgs> {
    let mut all = Vec::new();
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => {
                let rpc = take_rpc(&mut typed.attrs);
                all.push(args::argument(&rpc, errors));
            }
            FnArg::Receiver(receiver) => {
                for attr in take_rpc(&mut receiver.attrs) {
                    errors.at(
                        attr,
                        "`self` does not travel and has no options; put `#[rpc]` on \
                                     the method or on an argument",
                    );
                }
            }
        }
    }
    all
}

fn strip_arguments(sig: &mut Signature) {
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => drop(take_rpc(&mut typed.attrs)),
            FnArg::Receiver(receiver) => drop(take_rpc(&mut receiver.attrs)),
        }
    }
}

/// Takes our attributes off an item.
fn take_rpc(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let is_ours = |attr: &Attribute| {
        attr.path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "rpc")
    };
    attrs.extract_if(.., |attr| is_ours(attr)).collect()
}

/// Sorts an item's attributes by what is done with them.
fn carried(attrs: &[Attribute]) -> Carried {
    let mut carried = Carried::default();
    for attr in attrs {
        let Some(name) = attr.path().get_ident() else {
            continue;
        };
        match name.to_string().as_str() {
            "cfg" => carried.cfg.push(attr.clone()),
            "doc" => carried.doc.push(attr.clone()),
            "deprecated" | "allow" | "warn" | "deny" | "forbid" => carried.stub.push(attr.clone()),
            // What is expected of the method may not happen in its stub.
            "expect" => carried.stub.extend(allowed(attr)),
            // `Call` is `must_use` already; a reason is worth repeating.
            "must_use" if !matches!(attr.meta, syn::Meta::Path(_)) => {
                carried.stub.push(attr.clone());
            }
            _ => {}
        }
    }
    carried
}

fn allowed(expect: &Attribute) -> Option<Attribute> {
    let syn::Meta::List(list) = &expect.meta else {
        return None;
    };
    let lints = &list.tokens;
    Some(parse_quote!(#[allow(#lints)]))
}
