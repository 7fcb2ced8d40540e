//! What the types in a service's signatures must be able to do.
//!
//! Generated code uses a type that travels only as `<T as Argument>::…`,
//! `<T as Returned>::…` and `<E as ReturnedError>::…`, with `T` as the user wrote
//! it. So a type that cannot travel is underlined where it stands, with the words
//! below, and once: equal errors are shown once, and these are equal whether they
//! come from a stub or from the server. `do_not_recommend` keeps the compiler from
//! reporting the bounds behind these traits, in serde's words, instead.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    arguments::Arguments,
    client::{Call, StubCall},
    descriptor::ServiceDescriptor,
    error::Fault,
    service::{Dispatched, ServiceError, reply_result, reply_value},
    wire::request::Request,
};

/// A type that can be an argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a service method",
    label = "this type cannot travel",
    note = "an argument needs `#[derive(serde::Serialize, serde::Deserialize)]` on its type, and \
            on all types inside it"
)]
pub trait Argument: Serialize + DeserializeOwned {
    /// Adds the argument to a call by position.
    fn positional<L: Lent<Self> + ?Sized>(argument: &L, call: &mut StubCall, index: usize) {
        argument.send(call, index, Way::Positional);
    }

    /// Adds the argument to a call by name.
    fn named<L: Lent<Self> + ?Sized>(argument: &L, call: &mut StubCall, index: usize) {
        argument.send(call, index, Way::Named);
    }

    /// Adds each element as one more positional argument.
    fn rest(elements: &[Self], call: &mut StubCall, index: usize) {
        call.rest(index, elements);
    }

    /// Takes the argument at `index` out of a request.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it is missing or of another type.
    fn required<O: Owned<Self>, const N: usize>(
        arguments: &Arguments<'_, N>,
        index: usize,
    ) -> Result<O, Fault> {
        O::receive(arguments, index)
    }

    /// Takes the argument at `index` out of a request, or its default.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it is of another type.
    fn or_default<O: Owned<Self>, const N: usize>(
        arguments: &Arguments<'_, N>,
        index: usize,
        default: impl FnOnce() -> O,
    ) -> Result<O, Fault> {
        O::receive_or(arguments, index, default)
    }

    /// Takes all positional arguments from `index` on out of a request.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when one of them is of another type.
    fn rest_of<const N: usize>(
        arguments: &Arguments<'_, N>,
        index: usize,
    ) -> Result<Vec<Self>, Fault> {
        arguments.rest(index)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Argument for T {}

/// How an argument is sent.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// By its position.
    Positional,
    /// By its name.
    Named,
}

impl Way {
    fn send<T: Serialize + ?Sized>(self, call: &mut StubCall, index: usize, argument: &T) {
        match self {
            Self::Positional => call.positional(index, argument),
            Self::Named => call.named(index, argument),
        }
    }
}

macro_rules! lent_and_owned {
    ($($lent:ty as $owned:ty;)*) => {
        /// What a stub may be given where the service wants a `T`, or borrows of it.
        pub trait Lent<T: Argument> {
            /// Adds it to the call.
            fn send(&self, call: &mut StubCall, index: usize, way: Way);
        }

        /// What a server makes of it, to lend it in turn.
        pub trait Owned<T: Argument>: Sized {
            /// Takes it out of the request.
            ///
            /// # Errors
            ///
            /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments)
            fn receive<const N: usize>(arguments: &Arguments<'_, N>, index: usize) -> Result<Self, Fault>;

            /// Takes it out of the request, or its default.
            ///
            /// # Errors
            ///
            /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments)
            fn receive_or<const N: usize>(
                arguments: &Arguments<'_, N>,
                index: usize,
                default: impl FnOnce() -> Self,
            ) -> Result<Self, Fault>;
        }

        $(
            impl<T: Argument> Lent<T> for $lent {
                fn send(&self, call: &mut StubCall, index: usize, way: Way) {
                    way.send(call, index, self);
                }
            }

            impl<T: Argument> Owned<T> for $owned {
                fn receive<const N: usize>(arguments: &Arguments<'_, N>, index: usize) -> Result<Self, Fault> {
                    arguments.required(index)
                }

                fn receive_or<const N: usize>(
                    arguments: &Arguments<'_, N>,
                    index: usize,
                    default: impl FnOnce() -> Self,
                ) -> Result<Self, Fault> {
                    arguments.or_default(index, default)
                }
            }
        )*
    };
}

lent_and_owned! {
    T as T;
    [T] as Vec<T>;
    Option<&T> as Option<T>;
    Option<&[T]> as Option<Vec<T>>;
}

/// Takes texts out of requests without copying them.
#[derive(Debug)]
pub struct Texts;

impl Texts {
    /// Takes the argument at `index` out of a request.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it is missing or no text.
    pub fn required<'a, O: serde::Deserialize<'a>, const N: usize>(
        arguments: &Arguments<'a, N>,
        index: usize,
    ) -> Result<O, Fault> {
        arguments.required(index)
    }

    /// Takes the argument at `index` out of a request, or its default.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`](crate::FaultCode::InvalidArguments) when it is no text.
    pub fn or_default<'a, O: serde::Deserialize<'a>, const N: usize>(
        arguments: &Arguments<'a, N>,
        index: usize,
        default: impl FnOnce() -> O,
    ) -> Result<O, Fault> {
        arguments.or_default(index, default)
    }
}

/// A type that can be what a method returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a service method",
    label = "this type cannot travel",
    note = "what a method returns needs `#[derive(serde::Serialize, serde::Deserialize)]` on its \
            type, and on all types inside it"
)]
pub trait Returned: Serialize + DeserializeOwned {
    /// Ends the making of a call that returns it.
    fn returning(call: StubCall) -> Call<Self> {
        call.returning_value()
    }

    /// The reply that carries it.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidReply`](crate::FaultCode::InvalidReply) when the value cannot be written as JSON.
    fn reply(&self, request: &Request<'_>) -> Dispatched {
        reply_value(request, self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Returned for T {}

/// A type that can be the error of a method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service method",
    label = "this error cannot travel",
    note = "an error needs `#[derive(serde::Serialize, serde::Deserialize)]`, and `Display` for \
            the text that old callers see (`#[derive(thiserror::Error)]` writes it)"
)]
pub trait ReturnedError: ServiceError + Sized {
    /// Ends the making of a call that returns `T` or this error.
    fn returning<T: Returned>(call: StubCall) -> Call<T, Self> {
        call.returning_result()
    }

    /// The fault that carries it.
    ///
    /// # Errors
    ///
    /// Always: the error, as a fault.
    fn reply(self, request: &Request<'_>) -> Dispatched {
        reply_result::<(), Self>(request, &Err(self))
    }
}

#[diagnostic::do_not_recommend]
impl<E: ServiceError> ReturnedError for E {}

/// The parts of a `Result`, whatever alias it was written as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named like a `Result` and is none",
    label = "expected a `Result<T, E>` or an alias of one"
)]
pub trait ResultType {
    /// The type of its `Ok`.
    type Value;
    /// The type of its `Err`.
    type Error;
}

impl<T, E> ResultType for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// The future of a method, known to be `Send`: nobody who awaits it asks again.
pub fn send<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
    future
}

/// Stops the build when two methods, or two arguments of one, answer to a name.
///
/// The macro sees that itself, except where `cfg` decides what there is.
///
/// # Panics
///
/// When a name is there twice.
pub const fn assert_distinct(service: &ServiceDescriptor) {
    let methods = service.methods();
    let mut at = 0;
    while at < methods.len() {
        let method = methods[at];
        let mut before = 0;
        while before < at {
            let other = methods[before];
            let shared = share(
                method.name(),
                method.aliases(),
                other.name(),
                other.aliases(),
            );
            assert!(
                !shared,
                "two methods of a service have the same name on the wire"
            );
            before += 1;
        }
        assert_distinct_arguments(method.arguments());
        at += 1;
    }
}

const fn assert_distinct_arguments(arguments: &[crate::descriptor::ArgumentDescriptor]) {
    let mut at = 0;
    while at < arguments.len() {
        let argument = &arguments[at];
        let mut before = 0;
        while before < at {
            let other = &arguments[before];
            let shared = share(
                argument.name(),
                argument.aliases(),
                other.name(),
                other.aliases(),
            );
            assert!(
                !shared,
                "two arguments of a method have the same name on the wire"
            );
            before += 1;
        }
        at += 1;
    }
}

/// Whether the two answer to a common name.
const fn share(name: &str, aliases: &[&str], other: &str, others: &[&str]) -> bool {
    let mut i = 0;
    while i <= aliases.len() {
        let mine = if i == 0 { name } else { aliases[i - 1] };
        let mut j = 0;
        while j <= others.len() {
            if same(mine, if j == 0 { other } else { others[j - 1] }) {
                return true;
            }
            j += 1;
        }
        i += 1;
    }
    false
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
