//! One call outward: what a stub method returns, and the future that awaits it.

#[cfg(feature = "tower")]
use std::sync::{Mutex, PoisonError};
use std::{
    borrow::Cow,
    convert::Infallible,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use super::{
    observed::Observed,
    outgoing::{InFlight, Outgoing},
    retry::{self, Retry},
};
use crate::error::{CallError, Error};
#[cfg(feature = "tower")]
use crate::layering::Becoming;
use bytes::Bytes;

/// How the bytes of a reply become the call's output.
type Read<T, E> = fn(&[u8], &str) -> Result<T, CallError<E>>;

/// A call that is made when it is awaited.
///
/// Its arguments are encoded already, so it borrows nothing and can be spawned as
/// it is. Calls that are awaited together (`tokio::join!`) leave in one write, and
/// calls of one broker reach a queue in the order in which they were made, unless a
/// connection breaks on their way.
///
/// # Errors
///
/// Awaiting yields [`CallError`]: the service's own error, or what went wrong on
/// the way, an argument that cannot be written as JSON included.
///
/// # Cancel safety
///
/// Dropping the future withdraws the request from the queue. A server that has taken it
/// already is told, and drops the method's future, unless that is `detached`.
///
/// # Examples
///
/// ```
/// # #[redisrpc::service]
/// # trait Calculator { async fn add(&self, a: f64, b: f64) -> f64; }
/// # struct Plain;
/// # impl Calculator for Plain { async fn add(&self, a: f64, b: f64) -> f64 { a + b } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// # let broker = redisrpc::Broker::connect("memory://call-example").await?;
/// # let server = redisrpc::Server::new(&broker, "calc", CalculatorService::new(Plain));
/// # tokio::spawn(server.run());
/// use std::time::Duration;
///
/// let calc = CalculatorClient::new(&broker, "calc");
/// assert_eq!(calc.add(1.0, 2.0).await?, 3.0);
///
/// let quick = calc.add(1.0, 2.0).timeout(Duration::from_secs(1));
/// let (one, two) = tokio::join!(quick, calc.add(3.0, 4.0));
/// assert_eq!(one? + two?, 10.0);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is not made until it is awaited"]
pub struct Call<T, E = Infallible> {
    pub(super) request: Outgoing,
    read: Read<T, E>,
}

impl<T, E> Call<T, E> {
    pub(super) fn new(request: Outgoing, read: Read<T, E>) -> Self {
        Self { request, read }
    }

    /// Longest time this call may take, from when it is first polled.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.set_timeout(timeout);
        self
    }

    /// Shortens the time that this call may take.
    pub(crate) fn at_most(mut self, most: Duration) -> Self {
        self.request.timeout = self.request.timeout.min(most);
        self
    }

    /// Says whether running this call twice is the same as running it once, over
    /// what its method says.
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

impl<T, E> IntoFuture for Call<T, E> {
    type Output = Result<T, CallError<E>>;
    type IntoFuture = CallFuture<T, E>;

    fn into_future(self) -> CallFuture<T, E> {
        CallFuture {
            call: Awaited::new(self.request),
            read: self.read,
        }
    }
}

impl<T, E> fmt::Debug for Call<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.debug(f, "Call")
    }
}

/// A [`Call`] being awaited.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct CallFuture<T, E = Infallible> {
    call: Awaited,
    read: Read<T, E>,
}

/// How far an awaited call has come.
pub(super) enum State {
    New(Outgoing),
    Sent(InFlight),
    /// One that is made again if it fails.
    Retried(Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + Sync>>),
    /// One that goes through layers. Their futures may be for one thread at a time.
    #[cfg(feature = "tower")]
    Layered(Mutex<Becoming<Reply, Error>>),
    Done,
}

/// A reply's bytes, and the method that it is of.
pub(super) type Reply = (Bytes, Cow<'static, str>);

/// An awaited call, and what is told of it.
struct Awaited {
    state: State,
    observed: Observed,
}

impl Awaited {
    fn new(request: Outgoing) -> Self {
        Self {
            state: State::New(request),
            observed: Observed::not_yet(),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reply, Error>> {
        if let State::New(request) = &mut self.state {
            self.observed = Observed::begin(request);
        }
        let polled = self.observed.during(|| self.state.poll(cx));
        if let Poll::Ready(Err(error)) = &polled {
            self.observed.ended(Some(error.kind()));
        }
        polled
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if !matches!(self.state, State::New(_) | State::Done) {
            self.observed.given_up();
        }
    }
}

impl State {
    /// Makes the call when first polled, then waits for its reply.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Reply, Error>> {
        if let Self::New(_) = self
            && let Self::New(mut request) = std::mem::replace(self, Self::Done)
        {
            request.inherit_deadline();
            #[cfg(feature = "tower")]
            if let Some(layers) = request.layers.take() {
                *self = Self::Layered(Mutex::new(Box::pin(layers.run(request))));
                return self.poll(cx);
            }
            if !request.is_made_again() {
                *self = Self::Sent(request.send(cx.waker())?);
                return Poll::Pending;
            }
            *self = Self::Retried(Box::pin(retry::run(request)));
        }
        let reply = match self {
            Self::Sent(call) => {
                let reply = ready!(call.poll(cx));
                reply.map(|reply| (reply, std::mem::take(&mut call.method)))
            }
            Self::Retried(call) => ready!(call.as_mut().poll(cx)),
            #[cfg(feature = "tower")]
            Self::Layered(call) => {
                let call = call.get_mut().unwrap_or_else(PoisonError::into_inner);
                ready!(call.as_mut().poll(cx))
            }
            // Polled after it was ready.
            Self::New(_) | Self::Done => Err(Error::Closed),
        };
        *self = Self::Done;
        Poll::Ready(reply)
    }
}

impl<T, E> Future for CallFuture<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let read = self.read;
        let (reply, method) = ready!(self.call.poll(cx))?;
        let output = read(&reply, &method);
        self.call
            .observed
            .ended(output.as_ref().err().map(CallError::kind));
        Poll::Ready(output)
    }
}

impl<T, E> CallFuture<T, E> {
    /// The call's output if it is there already, `None` for "not yet". The first
    /// look makes the call.
    ///
    /// For programs with a loop of their own, beside [`Broker::polling`] and
    /// [`Server::stepped`]. Once the output has been taken, a further look yields
    /// [`Error::Closed`].
    ///
    /// [`Broker::polling`]: crate::Broker::polling
    /// [`Server::stepped`]: crate::Server::stepped
    pub fn try_get(&mut self) -> Option<Result<T, CallError<E>>> {
        let mut nobody = Context::from_waker(Waker::noop());
        match Pin::new(self).poll(&mut nobody) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }
}

impl<T, E> fmt::Debug for CallFuture<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// A call whose reply nobody waits for: awaiting it ends when Redis has the
/// request. Whether the method ran, and what it returned, stays unknown.
///
/// Nor does it expire in the queue: not until a timeout of its own, if it was
/// given one with [`Call::timeout`].
///
/// Old servers answer all the same, on a list that nobody reads and to which the
/// old Python and PHP servers give no expiry: prefer calls with replies there.
///
/// # Errors
///
/// Awaiting yields [`Error`] when the request could not be written.
///
/// # Cancel safety
///
/// Dropping the future before it is done may or may not leave the request sent.
#[must_use = "a call is not made until it is awaited"]
pub struct OnewayCall {
    pub(super) request: Outgoing,
}

impl OnewayCall {
    pub(super) fn new(mut request: Outgoing) -> Self {
        request.oneway = true;
        // Nobody hears of it if the server cannot read it.
        request.unpack();
        Self { request }
    }

    /// Says this beside the arguments, over what the client says under the name. See
    /// [`Metadata`](crate::Metadata).
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.add_metadata(name.into(), value.into());
        self
    }

    /// Makes this call again if it fails with what will pass, over what its client
    /// says. See [`Retry`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.request.retry = Some(Arc::new(retry));
        self
    }
}

impl IntoFuture for OnewayCall {
    type Output = Result<(), Error>;
    type IntoFuture = OnewayFuture;

    fn into_future(self) -> OnewayFuture {
        OnewayFuture(Awaited::new(self.request))
    }
}

/// An [`OnewayCall`] being awaited.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct OnewayFuture(Awaited);

impl Future for OnewayFuture {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let done = ready!(self.0.poll(cx)).map(|_| ());
        if done.is_ok() {
            self.0.observed.ended(None);
        }
        Poll::Ready(done)
    }
}

impl fmt::Debug for OnewayFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnewayFuture").finish_non_exhaustive()
    }
}

impl fmt::Debug for OnewayCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.debug(f, "OnewayCall")
    }
}
