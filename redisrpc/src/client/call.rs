//! One call outward: what a stub method returns, and the future that awaits it.

use std::{
    borrow::Cow,
    convert::Infallible,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Client, Engine,
    pending::{CallId, Entry, Failure, Inserted},
    queue::Queue,
};
use crate::{
    descriptor::MethodDescriptor,
    error::{CallError, DecodeError, EncodeError, Error, Fault, FaultCode, Timeout},
    service::ServiceError,
    wire::{
        absent::Absent,
        reply::Answer,
        request::{Context as WireContext, RequestWriter},
    },
};

/// No call may wait longer: ten years, so that no clock overflows.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

// ===== what a call is made of =====

/// A call being put together; generated stub methods fill it.
#[derive(Debug)]
pub struct StubCall {
    request: Outgoing,
    method: &'static MethodDescriptor,
}

impl StubCall {
    /// Begins a call of `method`.
    #[must_use]
    pub fn new(client: &Client, method: &'static MethodDescriptor) -> Self {
        let mut request = Outgoing::new(client, Cow::Borrowed(method.name()));
        if let Some(timeout) = method.timeout_ms() {
            request.set_timeout(Duration::from_millis(timeout));
        }
        request.idempotent = method.is_idempotent();
        Self { request, method }
    }

    /// Adds the argument at `index` by position.
    pub fn positional<T: Serialize + ?Sized>(&mut self, index: usize, argument: &T) {
        self.request
            .positional(Some(self.method.arguments()[index].name()), argument);
    }

    /// Adds the argument at `index` by name.
    pub fn named<T: Serialize + ?Sized>(&mut self, index: usize, argument: &T) {
        self.request
            .named(self.method.arguments()[index].name(), argument);
    }

    /// Adds each element as one more positional argument.
    pub fn rest<T: Serialize>(&mut self, index: usize, arguments: impl IntoIterator<Item = T>) {
        for argument in arguments {
            self.positional(index, &argument);
        }
    }

    /// The call of a method that returns `T`.
    pub fn returning_value<T: DeserializeOwned>(self) -> Call<T> {
        Call::new(self.request, read_value)
    }

    /// The call of a method that returns `Result<T, E>`.
    pub fn returning_result<T, E>(self) -> Call<T, E>
    where
        T: DeserializeOwned,
        E: ServiceError,
    {
        Call::new(self.request, read_result)
    }

    /// The call of a method whose callers wait for no reply.
    pub fn oneway(self) -> OnewayCall {
        OnewayCall::new(self.request)
    }
}

/// A request on its way: its bytes so far, and what the rest will need.
#[derive(Debug)]
pub(super) struct Outgoing {
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    method: Cow<'static, str>,
    writer: RequestWriter,
    /// The first thing that was wrong with it; awaiting the call yields it.
    error: Option<Box<Error>>,
    pub(super) timeout: Duration,
    /// Whether that was said of this call or its method, not of all.
    pub(super) timeout_is_own: bool,
    pub(super) idempotent: bool,
    oneway: bool,
}

impl Outgoing {
    pub(super) fn new(client: &Client, method: Cow<'static, str>) -> Self {
        Self {
            writer: RequestWriter::new(&method),
            method,
            error: client.invalid.clone().map(Box::new),
            timeout: client.timeout,
            engine: Arc::clone(&client.engine),
            queue: Arc::clone(&client.queue),
            timeout_is_own: false,
            idempotent: false,
            oneway: false,
        }
    }

    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
        self.timeout_is_own = true;
    }

    pub(super) fn positional<T: Serialize + ?Sized>(&mut self, name: Option<&str>, argument: &T) {
        let written = self.writer.positional(argument);
        self.note(name, written);
    }

    pub(super) fn named<T: Serialize + ?Sized>(&mut self, name: &str, argument: &T) {
        let written = self.writer.named(name, argument);
        self.note(Some(name), written);
    }

    pub(super) fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name)
            .field("queue", &self.queue.name)
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }

    fn note(&mut self, name: Option<&str>, written: Result<(), serde_json::Error>) {
        if let (Err(error), None) = (written, &self.error) {
            let name = name.map_or_else(
                || "an argument".to_owned(),
                |name| format!("argument `{name}`"),
            );
            self.error = Some(Box::new(Error::Encode(EncodeError {
                what: format!("{name} of `{}`", self.method),
                why: error.to_string(),
            })));
        }
    }

    /// Enters the call in the table and hands it to be written.
    fn send(self) -> Result<InFlight, Error> {
        let Self {
            engine,
            queue,
            method,
            writer,
            error,
            idempotent,
            oneway,
            ..
        } = self;
        if let Some(error) = error {
            return Err(*error);
        }
        let timeout = self.timeout.min(LONGEST_TIMEOUT);
        let now = Instant::now();
        // A request nobody waits for is still wanted when its writer has gone.
        let expires = !oneway || self.timeout_is_own;
        let redis_deadline = engine.shared.transport.clock().now().after(timeout);
        let make_entry = |id: CallId| {
            let context = WireContext {
                id: id.0,
                inbox: Cow::Borrowed(&queue.inbox),
                deadline: expires.then_some(redis_deadline.0),
                idempotent,
                oneway,
            };
            let request = writer.finish(&queue.own_queue(id), Some(&context));
            let watch_at = queue.watch_at(now);
            Entry::new(Arc::clone(&queue), request.into(), now + timeout, watch_at).oneway(oneway)
        };
        let inserted = engine.shared.pending().insert(make_entry);
        let Inserted {
            id,
            was_idle,
            first_due,
        } = inserted?;
        if was_idle {
            engine.shared.calls.notify_one();
        }
        if first_due {
            engine.shared.due.notify_one();
        }
        // Fails only when the runtime that drives the calls is gone; the table
        // was closed with it, and the first poll says so.
        let _ = engine.shared.outbox.send(id);
        Ok(InFlight {
            id,
            engine,
            queue,
            method,
            timeout,
        })
    }
}

/// A call in the table. Dropping it takes the call out again, and its request
/// out of the queue if no server has it yet.
struct InFlight {
    id: CallId,
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    method: Cow<'static, str>,
    timeout: Duration,
}

impl InFlight {
    fn poll(&self, cx: &Context<'_>) -> Poll<Result<Bytes, Error>> {
        let outcome = self.engine.shared.pending().poll(self.id, cx);
        outcome.map_err(|failure| match failure {
            Failure::Failed(error) => error,
            Failure::Expired(started) => Error::Timeout(Timeout {
                method: self.method.to_string(),
                queue: self.queue.name.to_string(),
                after: self.timeout,
                started,
            }),
        })
    }
}

impl Drop for InFlight {
    // Out of the table first: a reply that comes between the two steps finds
    // nobody, and a request that is only then written is not written at all.
    fn drop(&mut self) {
        let entry = self.engine.shared.pending().remove(self.id);
        if let Some(withdrawal) = entry.and_then(Entry::into_unanswered) {
            let _ = self.engine.shared.withdrawals.send(withdrawal);
        }
    }
}

// ===== what a stub method returns =====

/// How the bytes of a reply become the call's output.
type Read<T, E> = fn(&[u8], &str) -> Result<T, CallError<E>>;

/// A call that is made when it is awaited.
///
/// Its arguments are encoded already, so it borrows nothing and can be spawned as
/// it is. Calls that are awaited together (`tokio::join!`) leave in one write.
///
/// # Errors
///
/// Awaiting yields [`CallError`]: the service's own error, or what went wrong on
/// the way, an argument that cannot be written as JSON included.
///
/// # Cancel safety
///
/// Dropping the future withdraws the request from the queue; a server that has
/// taken it already may still run it.
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

    /// Says whether running this call twice is the same as running it once, over
    /// what its method says.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.request.idempotent = idempotent;
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
            state: State::New(self.request),
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
    state: State,
    read: Read<T, E>,
}

/// How far an awaited call has come.
enum State {
    New(Outgoing),
    Sent(InFlight),
    Done,
}

impl State {
    /// Makes the call when first polled, then waits for its reply.
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<(Bytes, Cow<'static, str>), Error>> {
        if let Self::New(_) = self
            && let Self::New(request) = std::mem::replace(self, Self::Done)
        {
            *self = Self::Sent(request.send()?);
        }
        let Self::Sent(call) = self else {
            // Polled after it was ready.
            return Poll::Ready(Err(Error::Closed));
        };
        let reply = ready!(call.poll(cx));
        let method = std::mem::take(&mut call.method);
        *self = Self::Done;
        Poll::Ready(reply.map(|reply| (reply, method)))
    }
}

impl<T, E> Future for CallFuture<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let read = self.read;
        self.state.poll(cx).map(|reply| {
            let (reply, method) = reply?;
            read(&reply, &method)
        })
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
        Self { request }
    }
}

impl IntoFuture for OnewayCall {
    type Output = Result<(), Error>;
    type IntoFuture = OnewayFuture;

    fn into_future(self) -> OnewayFuture {
        OnewayFuture(State::New(self.request))
    }
}

/// An [`OnewayCall`] being awaited.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct OnewayFuture(State);

impl Future for OnewayFuture {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx).map_ok(|_| ())
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

// ===== what a reply says =====

pub(super) fn read_value<T, E>(reply: &[u8], method: &str) -> Result<T, CallError<E>>
where
    T: DeserializeOwned,
{
    let answer = Answer::read(reply).map_err(|why| unreadable(method, why))?;
    match answer {
        Answer::Value(value) => serde_json::from_str(value.get())
            // Where nothing is expected anything will do: an old calculator's
            // `clr` returns null in Python and 0.0 in Ruby and PHP (WIRE).
            .or_else(|error| T::deserialize(Absent::ReturnValue).map_err(|_| error))
            .map_err(|error| CallError::Rpc(unreadable(method, error.to_string()))),
        Answer::Fault(fault) => Err(CallError::Rpc(Error::Fault(fault))),
    }
}

fn read_result<T, E>(reply: &[u8], method: &str) -> Result<T, CallError<E>>
where
    T: DeserializeOwned,
    E: ServiceError,
{
    read_value(reply, method).map_err(|error| match error {
        CallError::Rpc(Error::Fault(fault)) => match service_error(&fault) {
            Some(error) => CallError::Service(error),
            None => CallError::Rpc(Error::Fault(fault)),
        },
        error => error,
    })
}

fn service_error<E: DeserializeOwned>(fault: &Fault) -> Option<E> {
    if fault.code() != FaultCode::ServiceError {
        return None;
    }
    serde_json::from_str(fault.data()?).ok()
}

fn unreadable(method: &str, why: String) -> Error {
    Error::Decode(DecodeError {
        method: method.to_owned(),
        why,
    })
}
