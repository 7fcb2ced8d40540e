//! What the types in a service's signatures must be able to do.
//!
//! Generated code uses a type that travels only as `<T as Argument>::…`,
//! `<T as Returned>::…` and `<E as ReturnedError>::…`, with `T` as the user wrote
//! it. So a type that cannot travel is underlined where it stands, with the words
//! below, and once: equal errors are shown once, and these are equal whether they
//! come from a stub or from the server. `do_not_recommend` keeps the compiler from
//! reporting the bounds behind these traits, in serde's words, instead.

use std::{borrow::Cow, convert::Infallible, fmt::Display, future::Future, pin::Pin};

use futures_util::{Stream, StreamExt as _};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    __private::flatten,
    arguments::Arguments,
    client::{Call, StreamCall, StubCall},
    error::{CallError, Error, Fault},
    service::{self, Dispatched, ServiceError, reply_result, reply_value},
    wire::{Text, request::Request},
};

macro_rules! argument {
    ($($send:ident($lent:ty), $required:ident / $or_default:ident -> $owned:ty;)*) => {
        /// A type that can be an argument.
        ///
        /// It has no supertraits, and its methods no bounds: each would be one more
        /// error for a type that cannot travel.
        #[diagnostic::on_unimplemented(
            message = "`{Self}` cannot be an argument of a service method",
            label = "this type cannot travel",
            note = "an argument needs `#[derive(serde::Serialize, serde::Deserialize)]` on its \
                    type, and on all types inside it"
        )]
        pub trait Argument: Sized {
            /// Names the type where it must be one that travels.
            const TRAVELS: bool = true;

            $(
                /// Adds the argument to a call.
                fn $send(argument: $lent, call: &mut StubCall, place: Place);

                /// Takes the argument at `index` out of a request.
                ///
                /// # Errors
                ///
                /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it
                /// is missing or of another type.
                fn $required<const N: usize>(
                    arguments: &Arguments<'_, N>,
                    index: usize,
                ) -> Result<$owned, Fault>;

                /// Takes the argument at `index` out of a request, or its default.
                ///
                /// # Errors
                ///
                /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it
                /// is of another type.
                fn $or_default<const N: usize>(
                    arguments: &Arguments<'_, N>,
                    index: usize,
                    default: impl FnOnce() -> $owned,
                ) -> Result<$owned, Fault>;
            )*

            /// Adds each element as one more positional argument.
            fn send_rest(elements: &[Self], call: &mut StubCall, index: usize);

            /// Takes all positional arguments from `index` on out of a request.
            ///
            /// # Errors
            ///
            /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when one of
            /// them is of another type.
            fn rest<const N: usize>(
                arguments: &Arguments<'_, N>,
                index: usize,
            ) -> Result<Vec<Self>, Fault>;
        }

        #[diagnostic::do_not_recommend]
        impl<T: Serialize + DeserializeOwned> Argument for T {
            $(
                fn $send(argument: $lent, call: &mut StubCall, place: Place) {
                    place.fill(call, &argument);
                }

                fn $required<const N: usize>(
                    arguments: &Arguments<'_, N>,
                    index: usize,
                ) -> Result<$owned, Fault> {
                    arguments.required(index)
                }

                fn $or_default<const N: usize>(
                    arguments: &Arguments<'_, N>,
                    index: usize,
                    default: impl FnOnce() -> $owned,
                ) -> Result<$owned, Fault> {
                    arguments.or_default(index, default)
                }
            )*

            fn send_rest(elements: &[Self], call: &mut StubCall, index: usize) {
                call.rest(index, elements);
            }

            fn rest<const N: usize>(
                arguments: &Arguments<'_, N>,
                index: usize,
            ) -> Result<Vec<Self>, Fault> {
                arguments.rest(index)
            }
        }
    };
}

// What a stub is given, and what the server makes of it to lend it in turn.
argument! {
    send(&Self), required / or_default -> Self;
    send_list(&[Self]), required_list / or_default_list -> Vec<Self>;
    send_option(Option<&Self>), required_option / or_default_option -> Option<Self>;
    send_option_list(Option<&[Self]>), required_option_list / or_default_option_list
        -> Option<Vec<Self>>;
}

/// Where in a call an argument goes.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// At its position.
    Position(usize),
    /// Under its name.
    Name(usize),
}

impl Place {
    /// Puts an argument there.
    pub fn fill<T: Serialize + ?Sized>(self, call: &mut StubCall, argument: &T) {
        match self {
            Self::Position(index) => call.positional(index, argument),
            Self::Name(index) => call.named(index, argument),
        }
    }
}

/// A text as a request holds one, for the default of an argument.
pub fn text<'a>(text: impl Into<Cow<'a, str>>) -> Text<'a> {
    Text(text.into())
}

/// A type whose argument may be left out and is then the default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default for an argument that is left out",
    label = "`{Self}` is not `Default`",
    note = "write `#[derive(Default)]` on the type, or say which: `default = …`"
)]
pub trait HasDefault {
    /// The default.
    fn value() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> HasDefault for T {
    fn value() -> Self {
        T::default()
    }
}

/// Texts as a request holds them, for the default of a list.
pub fn texts<'a, T: From<&'a str>>(texts: impl AsRef<[&'a str]>) -> Vec<T> {
    texts.as_ref().iter().map(|text| T::from(text)).collect()
}

/// The texts of a request, as a method that borrows them wants them.
pub fn lent<T: AsRef<str>>(texts: &[T]) -> Vec<&str> {
    texts.iter().map(T::as_ref).collect()
}

/// A type that can be what a method returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a service method",
    label = "this type cannot travel",
    note = "what a method returns needs `#[derive(serde::Serialize, serde::Deserialize)]` on its \
            type, and on all types inside it"
)]
pub trait Returned: Sized {
    /// Names the type where it must be one that can be returned.
    const TRAVELS: bool = true;

    /// Ends the making of a call that returns it.
    fn returning(call: StubCall) -> Call<Self>;

    /// The reply that carries it.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidReply`](crate::FaultCode::InvalidReply) when the value cannot be
    /// written as JSON.
    fn reply(&self, request: &Request<'_>) -> Dispatched;

    /// Ends the making of a call that returns a stream of it.
    fn streaming(call: StubCall) -> StreamCall<Self>;

    /// The reply that carries a stream of it.
    ///
    /// # Errors
    ///
    /// An item that cannot be written as JSON, a list that is too long, or a caller that is
    /// not heard of any more.
    fn reply_stream<'a>(items: Items<'a, Self>, request: &'a Request<'a>) -> Replying<'a>
    where
        Self: 'a;

    /// The reply that carries a list of it.
    ///
    /// # Errors
    ///
    /// As [`reply`](Self::reply).
    fn reply_list(items: Vec<Self>, request: &Request<'_>) -> Dispatched;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Returned for T {
    fn returning(call: StubCall) -> Call<Self> {
        call.returning_value()
    }

    fn reply(&self, request: &Request<'_>) -> Dispatched {
        reply_value(request, self)
    }

    fn streaming(call: StubCall) -> StreamCall<Self> {
        call.streaming()
    }

    fn reply_stream<'a>(items: Items<'a, Self>, request: &'a Request<'a>) -> Replying<'a>
    where
        Self: 'a,
    {
        Box::pin(service::reply_stream(request, items))
    }

    fn reply_list(items: Vec<Self>, request: &Request<'_>) -> Dispatched {
        reply_value(request, &items)
    }
}

/// A type that can be the error of a method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service method",
    label = "this error cannot travel",
    note = "an error needs `#[derive(serde::Serialize, serde::Deserialize)]`, and `Display` for \
            the text that old callers see (`#[derive(thiserror::Error)]` writes it)"
)]
pub trait ReturnedError: Sized {
    /// Names the type where it must be one that can be an error.
    const TRAVELS: bool = true;

    /// The fault that carries it.
    ///
    /// # Errors
    ///
    /// Always: the error, as a fault.
    fn reply(self, request: &Request<'_>) -> Dispatched;
}

#[diagnostic::do_not_recommend]
impl<E: ServiceError> ReturnedError for E {
    fn reply(self, request: &Request<'_>) -> Dispatched {
        reply_result::<(), Self>(request, &Err(self))
    }
}

/// An error that a client may return from the trait it implements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no room for a call that fails on its way",
    label = "must be `From<redisrpc::Error>`",
    note = "with `client = impl` the client returns the trait's own errors, so they must be able \
            to hold a `redisrpc::Error` (`#[from]` of thiserror writes that), or be one"
)]
pub trait FromRpcError: Sized {
    /// What a stub that implements its own trait returns.
    ///
    /// # Errors
    ///
    /// The service's error, or the call's as one.
    fn flatten<T>(result: Result<T, CallError<Self>>) -> Result<T, Self>;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> FromRpcError for E {
    fn flatten<T>(result: Result<T, CallError<Self>>) -> Result<T, Self> {
        flatten(result)
    }
}

/// Ends the making of a call that returns `T` or the error `E`; both have been
/// checked just before, at the same place, so that neither is reported here.
pub fn returning_result<T, E>(call: StubCall) -> Call<T, E>
where
    T: Returned + Serialize + DeserializeOwned,
    E: ReturnedError + ServiceError,
{
    call.returning_result()
}

/// As [`returning_result`], of a stream of results.
pub fn streaming_results<T, E>(call: StubCall) -> StreamCall<T, E>
where
    T: Returned + Serialize + DeserializeOwned,
    E: ReturnedError + ServiceError,
{
    call.streaming_results()
}

/// The reply that carries a stream of results; their types have been checked just before.
///
/// # Errors
///
/// The first error among the items, or as [`Returned::reply_stream`].
#[must_use]
pub fn reply_results<'a, T, E>(
    items: Items<'a, Result<T, E>>,
    request: &'a Request<'a>,
) -> Replying<'a>
where
    T: Returned + Serialize + DeserializeOwned + 'a,
    E: ReturnedError + ServiceError + 'a,
{
    Box::pin(service::reply_results(request, items))
}

/// The parts of a `Result`, whatever alias it was written as; see [`is_result`] for
/// the constant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named like a `Result` and is none",
    label = "expected a `Result<T, E>` or an alias of one",
    note = "a type of your own travels under any other name: `type Answer = {Self}`"
)]
pub trait ResultType<const CHECKED: bool> {
    /// The type of its `Ok`.
    type Value;
    /// The type of its `Err`.
    type Error;

    /// It, as what it is.
    ///
    /// # Errors
    ///
    /// Its own.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T, E> ResultType<true> for Result<T, E> {
    type Value = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// The type of the `Ok` of a `Result`.
pub type ValueOf<R, const CHECKED: bool> = <R as ResultType<CHECKED>>::Value;

/// The type of the `Err` of a `Result`.
pub type ErrorOf<R, const CHECKED: bool> = <R as ResultType<CHECKED>>::Error;

/// Checks a type that is named like a `Result`: one that is none is reported where
/// this is called for a constant, and nowhere that the constant is used.
#[must_use]
pub const fn is_result<R: ResultType<true>>() -> bool {
    true
}

/// What a type parameter must be whose values travel.
pub trait Parameter: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Parameter for T {}

/// Says what a type parameter lacks to be a [`Parameter`].
///
/// It is asked of [`travels`], the type of which nobody can write: so the compiler
/// has nothing to suggest beside what is said here.
#[diagnostic::on_unimplemented(
    message = "`{T}` travels, so it must be something that can",
    label = "write `{T}: serde::Serialize + serde::de::DeserializeOwned + Send`"
)]
pub trait Travels<T>: Sized {
    /// Does nothing; names the parameter where it must be one that travels.
    fn check(self) {}
}

#[diagnostic::do_not_recommend]
impl<F: Fn(), T: Parameter> Travels<T> for F {}

/// Says what a type parameter lacks to be the error of a method; asked as
/// [`Travels`] is.
#[diagnostic::on_unimplemented(
    message = "`{T}` is the error of a method, so it must travel and have a text",
    label = "write `{T}: serde::Serialize + serde::de::DeserializeOwned + Send + std::fmt::Display`"
)]
pub trait Fails<T>: Sized {
    /// Does nothing; names the parameter where it must be one that can be an error.
    fn check(self) {}
}

#[diagnostic::do_not_recommend]
impl<F: Fn(), T: Parameter + Display> Fails<T> for F {}

/// Stands for what travels; see [`Travels`].
pub fn travels() {}

/// What a method streams.
pub type Items<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

/// A reply that is being made.
pub type Replying<'a> = Pin<Box<dyn Future<Output = Dispatched> + Send + 'a>>;

/// Stands for a stream of a method that has a mistake.
#[must_use]
pub fn no_stream<T: 'static>() -> Items<'static, T> {
    Box::pin(futures_util::stream::pending().map(|item: Infallible| match item {}))
}
