//! A service as the macro understands it. Everything keeps the syntax it came
//! from, so that a later check can still underline it.

use std::iter;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, Generics, Item, LitStr, Path, Signature, Token, Type, Visibility};

use crate::names::WireName;

/// A trait or an impl block with `#[service]`.
pub(crate) struct Service {
    /// The path to the runtime crate, as generated code names it.
    pub(crate) krate: TokenStream,
    /// The path of `crate = path`.
    pub(crate) krate_given: Option<Path>,
    /// The item without our attributes; a trait's methods are not rewritten yet. Of
    /// a service that is elsewhere, nothing.
    pub(crate) item: Item,
    /// `Calculator`, from the trait or from the impl block's type.
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    /// What methods are called on: the trait with its arguments, or the type.
    pub(crate) target: TokenStream,
    pub(crate) client: Ident,
    /// The `impl` of `client = impl`.
    pub(crate) client_impl: Option<Token![impl]>,
    pub(crate) queue: Option<LitStr>,
    /// The file that its callers rely on.
    pub(crate) contract: Option<LitStr>,
    pub(crate) attrs: Carried,
    /// The exported methods.
    pub(crate) methods: Vec<Method>,
    /// Stand-ins for methods with mistakes, so that their callers have something
    /// to call.
    pub(crate) stand_ins: Vec<Method>,
    /// Whether there are any, those with mistakes included.
    pub(crate) has_exports: bool,
    /// Methods of a trait that are not exported and have no body.
    pub(crate) skipped: Vec<Ident>,
    pub(crate) taken: Taken,
}

/// What the service cannot be or have, because something beside it is or has it.
#[derive(Default)]
pub(crate) struct Taken {
    /// Its type is a service already.
    pub(crate) service: bool,
    /// There is something with the client's name.
    pub(crate) client: bool,
    /// There is something with the wrapper's name; whether it is a type without
    /// parameters.
    pub(crate) wrapper: Option<bool>,
    /// There is something with the name of the blocking client: the error.
    pub(crate) blocking: Option<TokenStream>,
    /// There is something with the name of the mock: the error.
    pub(crate) mock: Option<TokenStream>,
}

/// One exported method.
#[derive(Clone)]
pub(crate) struct Method {
    /// The signature as it was written.
    pub(crate) sig: Signature,
    pub(crate) wire: WireName,
    pub(crate) aliases: Vec<WireName>,
    pub(crate) attrs: Carried,
    /// Whether it takes `&mut self`.
    pub(crate) exclusive: bool,
    /// Whether the trait gives it a body.
    pub(crate) has_default_body: bool,
    pub(crate) arguments: Vec<Argument>,
    /// The argument that does not travel.
    pub(crate) context: Option<ContextArgument>,
    pub(crate) returns: Returns,
    pub(crate) oneway: Option<Ident>,
    pub(crate) idempotent: Option<Ident>,
    pub(crate) blocking: Option<Ident>,
    pub(crate) detached: Option<Ident>,
    pub(crate) named: Option<Ident>,
    pub(crate) timeout: Option<Timeout>,
}

/// One argument of a method.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) wire: WireName,
    pub(crate) aliases: Vec<WireName>,
    pub(crate) cfg: Vec<Attribute>,
    /// The type as it was written.
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) rest: Option<Ident>,
}

/// The argument by which a method is told of its call.
#[derive(Clone)]
pub(crate) struct ContextArgument {
    /// How many of the others stand before it.
    pub(crate) at: usize,
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ty: Type,
}

/// What an argument's type is on the server, and how it is lent to the method.
#[derive(Clone)]
pub(crate) enum Shape {
    /// `T`: decoded and moved.
    Owned(Type),
    /// `&T`: decoded and lent.
    Ref(Type),
    /// `&[T]`: decoded as a list and lent.
    Slice(Type),
    /// `Option<&T>`
    OptionRef(Type),
    /// `Option<&[T]>`
    OptionSlice(Type),
    /// `&str`: borrowed from the request where it can be.
    Str,
    /// `Option<&str>`
    OptionStr,
    /// `Cow<'_, str>`
    CowStr,
    /// `&[&str]`: as many texts as there are, and a list that lends them.
    StrSlice,
    /// `Vec<&str>`
    StrVec,
    /// `Option<&[&str]>`
    OptionStrSlice,
}

impl Shape {
    /// Whether it is a list of borrowed texts.
    pub(crate) fn lends_texts(&self) -> bool {
        matches!(self, Self::StrSlice | Self::StrVec | Self::OptionStrSlice)
    }
}

/// The value of an argument that was left out.
#[derive(Clone)]
pub(crate) enum DefaultValue {
    /// `default`, with the option for errors.
    Trait(Ident),
    /// `default = expr`
    Expr(Box<Expr>),
}

/// What a method returns.
#[derive(Clone)]
pub(crate) enum Returns {
    /// Nothing.
    Unit,
    /// A value.
    Value(Box<Type>),
    /// A `Result`: the type as written, and its two types if both are spelled out.
    Result(Box<Type>, Option<Box<(Type, Type)>>),
    /// A stream.
    Stream(Box<Items>),
}

/// The items of a stream.
#[derive(Clone)]
pub(crate) struct Items {
    /// The stream as it was written.
    pub(crate) stream: Type,
    /// Where it says `Stream`.
    pub(crate) span: Span,
    pub(crate) ty: Type,
    /// What may come instead of one, and ends the stream.
    pub(crate) error: Option<Type>,
}

impl Items {
    /// One of them, as the stream yields it.
    pub(crate) fn written(&self) -> TokenStream {
        let ty = &self.ty;
        match &self.error {
            Some(error) => quote!(::core::result::Result<#ty, #error>),
            None => quote!(#ty),
        }
    }
}

/// A method's or item's attributes, split by where they are repeated.
#[derive(Clone, Default)]
pub(crate) struct Carried {
    /// `cfg`: on everything derived.
    pub(crate) cfg: Vec<Attribute>,
    /// `doc`: on the stub.
    pub(crate) doc: Vec<Attribute>,
    /// `deprecated`, `must_use` with a reason, and lint levels: on the stub.
    pub(crate) stub: Vec<Attribute>,
}

impl Service {
    /// Whether the service is a trait.
    pub(crate) fn is_trait(&self) -> bool {
        matches!(self.item, Item::Trait(_))
    }

    /// Whether it is elsewhere, and only its contract is here.
    pub(crate) fn is_stub(&self) -> bool {
        matches!(self.item, Item::Verbatim(_))
    }

    /// Whether its requests run one after the other.
    pub(crate) fn is_ordered(&self) -> bool {
        self.methods.iter().any(|method| method.exclusive)
    }
}

impl Method {
    /// The method's name.
    pub(crate) fn ident(&self) -> &Ident {
        &self.sig.ident
    }

    /// The items of the stream that it returns, if it does.
    pub(crate) fn items(&self) -> Option<&Items> {
        match &self.returns {
            Returns::Stream(items) => Some(items),
            _ => None,
        }
    }

    /// Its names on the wire, the first one first.
    pub(crate) fn wire_names(&self) -> impl Iterator<Item = &WireName> {
        iter::once(&self.wire).chain(&self.aliases)
    }
}

/// How long a call may take.
#[derive(Clone)]
pub(crate) struct Timeout {
    /// The option, for errors.
    pub(crate) key: Ident,
    pub(crate) ms: u64,
}
