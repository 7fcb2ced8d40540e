//! Every use of a type that has to travel, in one form: `<T as Trait>::what(…)`.
//!
//! So a type that cannot is reported where the user wrote it, with our own
//! words, and once: the compiler shows equal errors only once, and these are
//! equal, whether they come from the stub or from the server.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, ExprLit, Lit, Type};

use crate::{
    model::{Argument, DefaultValue, Method, Returns, Service, Shape},
    names, ty,
};

/// Gives an argument to the stub's `__call`.
//
// Output:
//     <f64 as Argument>::send(&number, &mut __call, Place::Position(0));
pub(crate) fn sent(
    argument: &Argument,
    index: &TokenStream,
    named: bool,
    krate: &TokenStream,
) -> TokenStream {
    let (name, cfg, call) = (&argument.ident, &argument.cfg, names::call());
    let private = quote!(#krate::__private);
    if argument.rest.is_some() {
        if argument.shape.lends_texts() {
            return quote!(#(#cfg)* #call.rest(#index, #name););
        }
        let element = element(argument);
        return quote! {
            #(#cfg)*
            <#element as #private::Argument>::send_rest(&#name, &mut #call, #index);
        };
    }
    let place = if named {
        quote!(Name)
    } else {
        quote!(Position)
    };
    let place = quote!(#private::Place::#place(#index));
    let (ty, send) = match &argument.shape {
        Shape::Owned(ty) => (ty, quote!(send(&#name, &mut #call, #place))),
        Shape::Ref(ty) => (ty, quote!(send(#name, &mut #call, #place))),
        Shape::Slice(ty) => (ty, quote!(send_list(#name, &mut #call, #place))),
        Shape::OptionRef(ty) => (ty, quote!(send_option(#name, &mut #call, #place))),
        Shape::OptionSlice(ty) => (ty, quote!(send_option_list(#name, &mut #call, #place))),
        // A text can always be sent.
        Shape::Str
        | Shape::OptionStr
        | Shape::CowStr
        | Shape::StrSlice
        | Shape::StrVec
        | Shape::OptionStrSlice => {
            return quote!(#(#cfg)* #place.fill(&mut #call, &#name););
        }
    };
    quote!(#(#cfg)* <#ty as #private::Argument>::#send;)
}

/// Takes an argument of a request into a local.
//
// Output:
//     let __number: f64 = <f64 as Argument>::required(&__arguments, 0)?;
pub(crate) fn received(
    argument: &Argument,
    index: &TokenStream,
    method: &Method,
    krate: &TokenStream,
) -> TokenStream {
    let (local, cfg) = (names::local(&argument.ident), &argument.cfg);
    let private = quote!(#krate::__private);
    if argument.rest.is_some() && !argument.shape.lends_texts() {
        let element = element(argument);
        return quote! {
            #(#cfg)*
            let #local = <#element as #private::Argument>::rest(&__arguments, #index)?;
        };
    }
    let (ty, shape) = match &argument.shape {
        Shape::Owned(ty) | Shape::Ref(ty) => (ty, ""),
        Shape::Slice(ty) => (ty, "_list"),
        Shape::OptionRef(ty) => (ty, "_option"),
        Shape::OptionSlice(ty) => (ty, "_option_list"),
        Shape::Str
        | Shape::OptionStr
        | Shape::CowStr
        | Shape::StrSlice
        | Shape::StrVec
        | Shape::OptionStrSlice => {
            let text = received_text(argument, index, method, &private);
            return quote!(#(#cfg)* let #local = #text;);
        }
    };
    let receive = match default(argument, krate) {
        None => {
            let required = format_ident!("required{shape}");
            quote!(#required(&__arguments, #index))
        }
        Some(default) => {
            let or_default = format_ident!("or_default{shape}");
            quote!(#or_default(&__arguments, #index, || #default))
        }
    };
    quote!(#(#cfg)* let #local = <#ty as #private::Argument>::#receive?;)
}

/// The value of an argument that was left out.
fn default(argument: &Argument, krate: &TokenStream) -> Option<TokenStream> {
    Some(match argument.default.as_ref()? {
        DefaultValue::Trait(key) => {
            ty::at(key.span(), quote!(#krate::__private::HasDefault::value()))
        }
        // So that `default = "x"` does for a `String`. Numbers must stay as they
        // are: their type is only known without a conversion.
        DefaultValue::Expr(expr) if is_text(expr) => quote!(::core::convert::Into::into(#expr)),
        DefaultValue::Expr(expr) => quote!(#expr),
    })
}

fn is_text(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Lit(ExprLit {
            lit: Lit::Str(_),
            ..
        })
    )
}

// Output:
//     __arguments.required::<Text<'_>>(0)?
fn received_text(
    argument: &Argument,
    index: &TokenStream,
    method: &Method,
    private: &TokenStream,
) -> TokenStream {
    let is_list = argument.shape.lends_texts();
    let is_option = matches!(argument.shape, Shape::OptionStr | Shape::OptionStrSlice);
    // A blocking method runs on another thread, where the request is not.
    let (text, from) = match method.blocking {
        Some(_) => (
            quote!(::std::string::String),
            quote!(::core::convert::Into::into),
        ),
        None => (quote!(#private::Text<'_>), quote!(#private::text)),
    };
    let (text, from) = if is_list {
        (quote!(::std::vec::Vec<#text>), quote!(#private::texts))
    } else {
        (text, from)
    };
    let ty = if is_option {
        quote!(::core::option::Option<#text>)
    } else {
        text
    };
    let default = match &argument.default {
        None if argument.rest.is_some() => return quote!(__arguments.rest::<#ty>(#index)?),
        None => return quote!(__arguments.required::<#ty>(#index)?),
        Some(DefaultValue::Trait(_)) if is_option => quote!(::core::option::Option::None),
        Some(DefaultValue::Trait(_)) if is_list => quote!(::std::vec::Vec::new()),
        Some(DefaultValue::Trait(_)) => quote!(#from("")),
        Some(DefaultValue::Expr(expr)) if is_option => {
            quote!(::core::option::Option::map(#expr, #from))
        }
        Some(DefaultValue::Expr(expr)) => quote!(#from(#expr)),
    };
    quote!(__arguments.or_default::<#ty>(#index, || #default)?)
}

/// The local as the method wants it.
pub(crate) fn lent(argument: &Argument, krate: &TokenStream) -> TokenStream {
    let private = quote!(#krate::__private);
    let (local, cfg) = (names::local(&argument.ident), &argument.cfg);
    let value = match &argument.shape {
        Shape::Owned(_) => quote!(#local),
        Shape::Ref(_) | Shape::Slice(_) => quote!(&#local),
        Shape::OptionRef(_) => quote!(#local.as_ref()),
        Shape::OptionSlice(_) => quote!(#local.as_deref()),
        Shape::Str => quote!(#local.as_str()),
        Shape::OptionStr => quote!(#local.as_ref().map(|__text| __text.as_str())),
        Shape::CowStr => quote!(::std::borrow::Cow::Borrowed(#local.as_str())),
        Shape::StrSlice => quote!(&#private::lent(&#local)),
        Shape::StrVec => quote!(#private::lent(&#local)),
        Shape::OptionStrSlice => {
            quote!(::core::option::Option::map(#local.as_deref(), #private::lent).as_deref())
        }
    };
    quote!(#(#cfg)* #value)
}

/// Whether all travels that goes to another thread with the method, as a constant;
/// `None` if that is known.
//
// Output:
//     <Answer as Argument>::TRAVELS & …
pub(crate) fn all_travels(method: &Method, krate: &TokenStream) -> Option<TokenStream> {
    let private = quote!(#krate::__private);
    let arguments = method.arguments.iter().filter_map(traveling);
    let arguments = arguments.map(|ty| quote!(<#ty as #private::Argument>::TRAVELS));
    // Of one that waits only the arguments are kept.
    let returned = method.blocking.as_ref().map(|_| &method.returns);
    let returned = match returned {
        Some(Returns::Value(ty)) => vec![quote!(<#ty as #private::Returned>::TRAVELS)],
        Some(Returns::Result(_, Some(both))) => {
            let (value, error) = &**both;
            vec![
                quote!(<#value as #private::Returned>::TRAVELS),
                quote!(<#error as #private::ReturnedError>::TRAVELS),
            ]
        }
        _ => Vec::new(),
    };
    let all: Vec<_> = arguments.chain(returned).collect();
    (!all.is_empty()).then(|| quote!(#(#all)&*))
}

/// The type of an argument that must be one that travels; `None` if it is known to.
fn traveling(argument: &Argument) -> Option<&Type> {
    let ty = match &argument.shape {
        // Texts always do.
        Shape::Str
        | Shape::OptionStr
        | Shape::CowStr
        | Shape::StrSlice
        | Shape::StrVec
        | Shape::OptionStrSlice => return None,
        _ if argument.rest.is_some() => element(argument),
        Shape::Owned(ty)
        | Shape::Ref(ty)
        | Shape::Slice(ty)
        | Shape::OptionRef(ty)
        | Shape::OptionSlice(ty) => ty,
    };
    (argument.cfg.is_empty() && !ty::is_well_known(ty)).then_some(ty)
}

/// The type of the elements of a `rest` argument.
fn element(argument: &Argument) -> &Type {
    match &argument.shape {
        Shape::Slice(element) => element,
        _ => ty::only_argument(&argument.ty, "Vec").unwrap_or(&argument.ty),
    }
}

/// Where errors about the return type go if not at one of its own types.
fn span_of(ty: &Type) -> Span {
    let last = ty::path(ty).and_then(|path| path.segments.last());
    last.map_or_else(Span::call_site, |last| last.ident.span())
}

/// The two types of a `Result`, however it is written.
///
/// The constant with which those of an alias are asked for is one of [`checks`].
pub(crate) fn result_types(
    method: &Method,
    ty: &Type,
    both: Option<&(Type, Type)>,
    krate: &TokenStream,
) -> (TokenStream, TokenStream) {
    if let Some((value, error)) = both {
        return (quote!(#value), quote!(#error));
    }
    let check = names::result_check(method.ident());
    let part = |part: &str| {
        let part = format_ident!("{part}");
        let (head, tail) = (quote!(#krate::__private::#part<), quote!(, #check>));
        ty::around(span_of(ty), head, ty, tail)
    };
    (part("ValueOf"), part("ErrorOf"))
}

/// Checks that what is written as a `Result` with one parameter is an alias of one.
/// One that is none is reported here, and is no type at all wherever it is used
/// with the constant, so that there it is not reported again.
//
// Output:
//     const __RESULT_add: bool = is_result::<io::Result<f64>>();
pub(crate) fn checks(service: &Service) -> TokenStream {
    let private = &service.krate;
    let private = quote!(#private::__private);
    let checks = service.methods.iter().filter_map(|method| {
        let Returns::Result(ty, None) = &method.returns else {
            return None;
        };
        let (cfg, check) = (&method.attrs.cfg, names::result_check(method.ident()));
        let mut params = service.generics.params.iter();
        // A constant cannot use the parameters of what is around it.
        let value = match params.any(|param| ty::mentions(ty, param)) {
            true => quote!(true),
            false => {
                let head = quote!(#private::is_result::<);
                ty::around(span_of(ty), head, &**ty, quote!(>()))
            }
        };
        Some(quote!(#(#cfg)* const #check: ::core::primitive::bool = #value;))
    });
    quote!(#(#checks)*)
}

/// Ends a stub method: the call of what the method returns.
pub(crate) fn returning(method: &Method, krate: &TokenStream) -> TokenStream {
    let (private, call) = (quote!(#krate::__private), names::call());
    if method.oneway.is_some() {
        return quote!(#call.oneway());
    }
    match &method.returns {
        Returns::Unit => quote!(#call.returning_value()),
        Returns::Value(ty) => quote!(<#ty as #private::Returned>::returning(#call)),
        Returns::Result(ty, both) => {
            let (value, error) = result_types(method, ty, both.as_deref(), krate);
            quote! {
                let _ = <#value as #private::Returned>::TRAVELS;
                let _ = <#error as #private::ReturnedError>::TRAVELS;
                #private::returning_result::<#value, #error>(#call)
            }
        }
        Returns::Stream(items) => {
            let item = &items.ty;
            let Some(error) = &items.error else {
                return quote!(<#item as #private::Returned>::streaming(#call));
            };
            quote! {
                let _ = <#item as #private::Returned>::TRAVELS;
                let _ = <#error as #private::ReturnedError>::TRAVELS;
                #private::streaming_results::<#item, #error>(#call)
            }
        }
    }
}

/// Ends a match arm: the reply made of what `call` yields.
pub(crate) fn replied(method: &Method, call: &TokenStream, krate: &TokenStream) -> TokenStream {
    let private = quote!(#krate::__private);
    match &method.returns {
        Returns::Unit => quote! {
            #call;
            #private::reply_value(__request, &())
        },
        Returns::Value(ty) => quote! {
            let __output = #call;
            <#ty as #private::Returned>::reply(&__output, __request)
        },
        Returns::Result(ty, both) => {
            let (value, error) = result_types(method, ty, both.as_deref(), krate);
            // A type of one's own that is no `Result` is told at its name.
            let ok = ty::at(span_of(ty), quote!(::core::result::Result::Ok(__value)));
            let err = ty::at(span_of(ty), quote!(::core::result::Result::Err(__error)));
            let arms = quote!({
                #ok => {
                    <#value as #private::Returned>::reply(&__value, __request)
                }
                #err => {
                    <#error as #private::ReturnedError>::reply(__error, __request)
                }
            });
            if both.is_some() {
                return quote!(match #call #arms);
            }
            let check = names::result_check(method.ident());
            let tail = quote!(as #private::ResultType<#check>>::into_result(__output));
            let result = ty::around(span_of(ty), quote!(<), &**ty, tail);
            quote! {
                let __output = #call;
                match #result #arms
            }
        }
        Returns::Stream(items) => {
            let item = &items.ty;
            let reply = match &items.error {
                None => quote!(<#item as #private::Returned>::reply_stream(__items, __request)),
                Some(error) => quote! {
                    {
                        let _ = <#item as #private::Returned>::TRAVELS;
                        let _ = <#error as #private::ReturnedError>::TRAVELS;
                        #private::reply_results::<#item, #error>(__items, __request)
                    }
                },
            };
            quote! {
                let __items = #call;
                #reply.await
            }
        }
    }
}

/// Ends the handler of a mock: the reply made of what `call` yields, which of a stream is
/// a list.
pub(crate) fn replied_at_once(
    method: &Method,
    call: &TokenStream,
    krate: &TokenStream,
) -> TokenStream {
    let private = quote!(#krate::__private);
    let Some(items) = method.items() else {
        return replied(method, call, krate);
    };
    let item = &items.ty;
    let Some(error) = &items.error else {
        return quote!(<#item as #private::Returned>::reply_list(#call, __request));
    };
    quote! {
        let __items: ::core::result::Result<::std::vec::Vec<#item>, #error> =
            ::core::iter::FromIterator::from_iter(#call);
        match __items {
            ::core::result::Result::Ok(__items) => {
                <#item as #private::Returned>::reply_list(__items, __request)
            }
            ::core::result::Result::Err(__error) => {
                <#error as #private::ReturnedError>::reply(__error, __request)
            }
        }
    }
}

/// The body of a method of `client = impl`: its call, as the trait's result.
pub(crate) fn flattened(method: &Method, krate: &TokenStream) -> TokenStream {
    let Returns::Result(ty, both) = &method.returns else {
        return TokenStream::new();
    };
    let name = method.ident();
    let (_, error) = result_types(method, ty, both.as_deref(), krate);
    let passed = method.arguments.iter().map(|argument| {
        let (cfg, name) = (&argument.cfg, &argument.ident);
        quote!(#(#cfg)* #name)
    });
    let mut made = quote!(Self::#name(self, #(#passed),*));
    if let Some(context) = &method.context {
        let (cfg, call) = (&context.cfg, names::call());
        // The caller's own call bounds this one.
        made = quote!({
            let #call = #made;
            #(#cfg)*
            let #call = #krate::__private::within(__context, #call);
            #call
        });
    }
    quote!(<#error as #krate::__private::FromRpcError>::flatten(#made.await))
}
