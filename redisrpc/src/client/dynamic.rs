//! Calls of services one has no definition of.

use std::{
    borrow::Cow,
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Client,
    answer::read_value,
    call::{Call, CallFuture, OnewayCall},
    outgoing::Outgoing,
    retry::Retry,
    stream::StreamCall,
};
use crate::error::Error;

/// A call put together by hand: [`Client::call`].
///
/// Awaiting it yields the return value as JSON, or as the type given with
/// [`returning`](Self::returning).
///
/// # Errors
///
/// Awaiting yields [`Error`]; whatever the server raised is an [`Error::Fault`].
///
/// # Cancel safety
///
/// As for [`Call`]: dropping the future withdraws the request.
#[must_use = "a call is not made until it is awaited"]
pub struct DynamicCall<T = Value> {
    pub(super) request: Outgoing,
    returns: PhantomData<fn() -> T>,
}

impl DynamicCall {
    pub(super) fn new(client: &Client, method: String) -> Self {
        Self {
            request: Outgoing::new(client, Cow::Owned(method)),
            returns: PhantomData,
        }
    }
}

impl<T> DynamicCall<T> {
    /// Adds a positional argument.
    pub fn arg(mut self, argument: impl Serialize) -> Self {
        self.request.positional(None, &argument);
        self
    }

    /// Adds a named argument. Old Ruby and PHP servers ignore these.
    pub fn named(mut self, name: impl AsRef<str>, argument: impl Serialize) -> Self {
        self.request.named(name.as_ref(), &argument);
        self
    }

    /// The same call, its return value read as a `U`.
    pub fn returning<U: DeserializeOwned>(self) -> DynamicCall<U> {
        DynamicCall {
            request: self.request,
            returns: PhantomData,
        }
    }

    /// The same call of a method that returns a stream of `U`.
    pub fn streaming<U: DeserializeOwned>(self) -> StreamCall<U> {
        StreamCall::new(self.request, read_value)
    }

    /// Longest time this call may take, from when it is first polled.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.set_timeout(timeout);
        self
    }

    /// Says whether running this call twice is the same as running it once.
    /// Default: it is not.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.request.idempotent = idempotent;
        self
    }

    /// Makes this call again if it fails with what will pass, over what its client
    /// says. See [`Retry`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.request.retry = Some(Arc::new(retry));
        self
    }

    /// Says this beside the arguments, over what the client says under the name. See
    /// [`Metadata`](crate::Metadata).
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.add_metadata(name.into(), value.into());
        self
    }

    /// The same call without waiting for its reply.
    pub fn oneway(self) -> OnewayCall {
        OnewayCall::new(self.request)
    }
}

impl<T: DeserializeOwned> IntoFuture for DynamicCall<T> {
    type Output = Result<T, Error>;
    type IntoFuture = DynamicFuture<T>;

    fn into_future(self) -> DynamicFuture<T> {
        DynamicFuture(Call::new(self.request, read_value).into_future())
    }
}

impl<T> fmt::Debug for DynamicCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.debug(f, "DynamicCall")
    }
}

/// A [`DynamicCall`] being awaited.
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct DynamicFuture<T>(CallFuture<T>);

impl<T> Future for DynamicFuture<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(Error::from)
    }
}
