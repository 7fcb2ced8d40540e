//! All that generated code may touch. Not for hands: it changes with any release.

#[cfg(feature = "cli")]
pub mod admin;
mod bounds;
#[cfg(fuzzing)]
pub mod fuzz;
mod threads;

/// What `crate = path` leads to: code that imports it knows that the path is right.
pub extern crate self as root;

pub use tokio::sync::Mutex;

pub use self::{bounds::*, threads::*};

use crate::{Call, CallError, Context, Error, deadline::inherited};
pub use crate::{
    arguments::Arguments,
    client::StubCall,
    service::{Dispatched, context, method_not_found, reply_result, reply_value},
    wire::{Text, request::Request},
};

/// What a stub that implements its own trait returns: the trait's error, with
/// what went wrong on the way turned into one.
///
/// # Errors
///
/// The service's error, or the call's as one.
pub fn flatten<T, E: From<Error>>(result: Result<T, CallError<E>>) -> Result<T, E> {
    result.map_err(|error| match error {
        CallError::Service(error) => error,
        CallError::Rpc(error) => error.into(),
    })
}

/// The call, which takes no longer than there is time for that it is made for.
pub fn within<T, E>(context: &Context, call: Call<T, E>) -> Call<T, E> {
    match context.remaining() {
        Some(left) => call.at_most(left),
        None => call,
    }
}

/// Runs a method that blocks where blocking is allowed; a panic goes on here.
pub async fn run_blocking<T: Send + 'static>(method: impl FnOnce() -> T + Send + 'static) -> T {
    let deadline = inherited::current();
    let method = move || inherited::during(deadline, method);
    match tokio::task::spawn_blocking(method).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down: nobody is left to answer.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Keeps what a stub has for programs without a runtime, if this crate has it.
#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_blocking {
    ($($item:item)*) => { $($item)* };
}

/// Drops what a stub has for programs without a runtime.
#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_blocking {
    ($($token:tt)*) => {};
}

pub use crate::__if_blocking as if_blocking;

/// Keeps what is for tests of a stub's callers, if this crate has it.
#[cfg(feature = "mock")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_mock {
    ($($item:item)*) => { $($item)* };
}

/// Drops what is for tests of a stub's callers.
#[cfg(not(feature = "mock"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_mock {
    ($($token:tt)*) => {};
}

pub use crate::__if_mock as if_mock;
