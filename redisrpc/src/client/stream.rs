//! A call that is answered by a stream.

#[cfg(feature = "tower")]
use std::sync::{Mutex, PoisonError};
use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::Stream;
use serde::de::DeserializeOwned;

#[cfg(feature = "msgpack")]
use super::answer::packed;
#[cfg(feature = "tower")]
use super::layered::Begun;
use super::{
    answer::unreadable,
    observed::Observed,
    outgoing::{Came, InFlight, Outgoing},
};
#[cfg(feature = "tower")]
use crate::layering::Becoming;
use crate::{
    error::{CallError, Error},
    wire::stream::{List, Part},
};

/// How the last reply becomes the last items.
type Read<T, E> = fn(&[u8], &str) -> Result<Vec<T>, CallError<E>>;

/// How many items are taken to begin with.
const FIRST: u64 = 64;

/// Most items on their way, unless they are few because they are large.
const MOST: u64 = 4096;

/// Size that the items on their way should not exceed, in bytes, going by those that
/// came last.
const MOST_BYTES: usize = 1024 * 1024;

/// A call of a method that returns a stream; it is made when it is first polled, and is
/// the stream of what comes.
///
/// It is a [`Stream`] of `Result`s, and has a [`next`](Self::next) of its own for those
/// who need no more. The first `Err` is the last item: the service's own error, or what
/// went wrong on the way.
///
/// The server runs ahead of whoever reads, by a few thousand items or about a megabyte,
/// and then waits: no more than that is ever in Redis or in memory here, however long
/// the stream. It may last as long as it likes: the [timeout](Self::timeout) is for its
/// beginning. If server and Redis are silent for 10 seconds after that it ends with
/// [`Error::Timeout`]; a server that is stopped says so, and one that died is told of by
/// the others, as for [any call](crate::guide::delivery).
///
/// A stream is not made again when it fails: [`Client::retry`](crate::Client::retry) is
/// not for it, nor is [`Client::fail_unserved`](crate::Client::fail_unserved). A server
/// that returns a list instead is as good: its items come when it has ended.
///
/// # Cancel safety
///
/// Dropping it ends the stream on the server too. [`next`](Self::next) loses nothing when
/// it is dropped.
///
/// # Examples
///
/// ```
/// use futures_util::stream::{self, Stream};
/// use redisrpc::{Broker, Server};
///
/// struct Counter;
///
/// #[redisrpc::service]
/// impl Counter {
///     /// The numbers below `end`.
///     pub fn count(&self, end: u64) -> impl Stream<Item = u64> {
///         stream::iter(0..end)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let redis = Broker::connect("memory://stream-example").await?;
/// tokio::spawn(Server::new(&redis, "counter", Counter).run());
/// let counter = CounterClient::new(&redis, "counter");
///
/// let mut numbers = counter.count(1_000_000);
/// while let Some(number) = numbers.next().await {
///     if number? == 1_000 {
///         break; // the server stops counting
///     }
/// }
/// assert_eq!(counter.count(5).all().await?, [0, 1, 2, 3, 4]);
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is not made until its stream is polled"]
pub struct StreamCall<T, E = Infallible> {
    state: State,
    read: Read<T, E>,
    /// Those that came and were not taken.
    items: VecDeque<T>,
    window: Window,
    observed: Observed,
}

enum State {
    New(Box<Outgoing>),
    /// It goes through layers, whose futures may be for one thread at a time.
    #[cfg(feature = "tower")]
    Opening(Mutex<Becoming<Begun, Error>>),
    Open(InFlight),
    Ended,
}

/// How many items may be on their way.
struct Window {
    most: u64,
    /// The size of an item, going by those that came.
    usual: usize,
    /// How many were taken, and how many may be in all.
    taken: u64,
    credit: u64,
}

impl Window {
    fn size(&self) -> u64 {
        let fit = MOST_BYTES / self.usual.max(1);
        (fit as u64).clamp(1, self.most)
    }

    fn note(&mut self, bytes: usize, items: usize) {
        if let Some(usual) = bytes.checked_div(items) {
            self.usual = usize::midpoint(self.usual, usual);
        }
    }

    /// One more was taken; how many may now be in all, if that is to be said.
    fn take(&mut self) -> Option<u64> {
        self.taken += 1;
        let (size, left) = (self.size(), self.credit.saturating_sub(self.taken));
        if left > size / 2 {
            return None;
        }
        self.credit = self.taken + size;
        Some(self.credit)
    }
}

impl<T, E> StreamCall<T, E> {
    pub(super) fn new(mut request: Outgoing, read: Read<T, E>) -> Self {
        // Another server would begin from the beginning, and nobody notice.
        request.idempotent = false;
        // Nor would another be asked that can read it.
        request.unpack();
        Self {
            state: State::New(Box::new(request)),
            read,
            items: VecDeque::new(),
            window: Window {
                most: MOST,
                usual: 0,
                taken: 0,
                credit: 0,
            },
            observed: Observed::not_yet(),
        }
    }

    /// Longest wait for the stream to begin, from when it is first polled. Of no meaning
    /// thereafter.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let State::New(request) = &mut self.state {
            request.set_timeout(timeout);
        }
        self
    }

    /// Says this beside the arguments, over what the client says under the name. See
    /// [`Metadata`](crate::Metadata). Of no meaning once the stream was polled.
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let State::New(request) = &mut self.state {
            request.add_metadata(name.into(), value.into());
        }
        self
    }

    /// Most items that may be on their way, sent and not yet taken. Default 4,096, or
    /// fewer where that would be more than a megabyte; 0 is taken as 1. Of no meaning
    /// once the stream was polled.
    ///
    /// Fewer, where an item is worth a lot of work that may turn out to be for nothing.
    pub fn window(mut self, items: usize) -> Self {
        self.window.most = (items as u64).clamp(1, MOST);
        self
    }

    /// The next item; `None` when there are no more.
    ///
    /// # Errors
    ///
    /// As the stream's last item.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no item.
    pub async fn next(&mut self) -> Option<Result<T, CallError<E>>>
    where
        T: DeserializeOwned,
    {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All items, when there are no more.
    ///
    /// # Errors
    ///
    /// As the stream's last item.
    pub async fn all(mut self) -> Result<Vec<T>, CallError<E>>
    where
        T: DeserializeOwned,
    {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// How long it may take until something is known, whatever that is.
    #[cfg(feature = "blocking")]
    pub(super) fn longest_wait(&self) -> Duration {
        match &self.state {
            State::New(request) => request.timeout,
            // An item may take as long as it likes, and so may layers.
            _ => Duration::MAX,
        }
    }

    /// Makes the call.
    fn open(&mut self, mut request: Outgoing, cx: &Context<'_>) -> Result<(), Error> {
        self.observed = Observed::begin(&mut request);
        request.inherit_deadline();
        self.window.credit = FIRST.min(self.window.most);
        request.credit = Some(self.window.credit);
        #[cfg(feature = "tower")]
        if let Some(layers) = request.layers.take() {
            self.state = State::Opening(Mutex::new(Box::pin(layers.begin(request))));
            return Ok(());
        }
        let call = self.observed.during(|| request.send(cx.waker()))?;
        // For it to be said now and then that the stream is wanted.
        call.takes(self.window.credit);
        self.state = State::Open(call);
        Ok(())
    }

    /// The stream has ended so.
    fn end(&mut self, error: CallError<E>) -> Poll<Option<Result<T, CallError<E>>>> {
        self.state = State::Ended;
        self.observed.ended(Some(error.kind()));
        Poll::Ready(Some(Err(error)))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError<E>>>>
    where
        T: DeserializeOwned,
    {
        loop {
            if let Some(item) = self.items.pop_front() {
                if let State::Open(call) = &self.state
                    && let Some(credit) = self.window.take()
                {
                    call.takes(credit);
                }
                return Poll::Ready(Some(Ok(item)));
            }
            let came = match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Open(call) => {
                    let came = ready!(call.poll_part(cx));
                    came.map_err(CallError::from)
                        .and_then(|came| items(came, &call.method, self.read))
                }
                State::New(_) => {
                    let State::New(request) = mem::replace(&mut self.state, State::Ended) else {
                        continue;
                    };
                    match self.open(*request, cx) {
                        Ok(()) => continue,
                        Err(error) => Err(error.into()),
                    }
                }
                #[cfg(feature = "tower")]
                State::Opening(opening) => {
                    let opening = opening.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let polled = self.observed.during(|| opening.as_mut().poll(cx));
                    match ready!(polled) {
                        Ok(Begun { call, came }) => {
                            let items = items(came, &call.method, self.read);
                            self.state = State::Open(call);
                            items
                        }
                        Err(error) => Err(error.into()),
                    }
                }
            };
            match came {
                Ok((items, Some(bytes))) => {
                    self.window.note(bytes, items.len());
                    self.items.extend(items);
                }
                Ok((items, None)) => {
                    self.items.extend(items);
                    self.state = State::Ended;
                    self.observed.ended(None);
                }
                Err(error) => return self.end(error),
            }
        }
    }
}

/// The items that came, and their size if more may follow.
type Items<T, E> = Result<(Vec<T>, Option<usize>), CallError<E>>;

fn items<T: DeserializeOwned, E>(came: Came, method: &str, read: Read<T, E>) -> Items<T, E> {
    let part = match came {
        Came::Part(part) => part,
        Came::Reply(reply) => return Ok((read(&reply, method)?, None)),
    };
    let (items, size) = match Part::read(&part).items {
        Some(List::Json(json)) => (json_items(json, &part), json.len()),
        #[cfg(feature = "msgpack")]
        Some(List::Packed(list)) => (packed(list), list.len()),
        None => (Err("a part has no items".to_owned()), 0),
    };
    let items = items.map_err(|why| CallError::Rpc(unreadable(method, why)))?;
    Ok((items, Some(size)))
}

fn json_items<T: DeserializeOwned>(json: &str, part: &[u8]) -> Result<Vec<T>, String> {
    let items = serde_json::from_str(json).or_else(|error| {
        // Something may have followed them.
        match Part::read_closely(part).items {
            Some(List::Json(json)) => serde_json::from_str(json),
            _ => Err(error),
        }
    });
    items.map_err(|error| error.to_string())
}

// It holds what came, and no pins into it.
impl<T, E> Unpin for StreamCall<T, E> {}

impl<T: DeserializeOwned, E> Stream for StreamCall<T, E> {
    type Item = Result<T, CallError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T, E> Drop for StreamCall<T, E> {
    fn drop(&mut self) {
        if !matches!(self.state, State::New(_) | State::Ended) {
            self.observed.given_up();
        }
    }
}

impl<T, E> fmt::Debug for StreamCall<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::New(request) => request.debug(f, "StreamCall"),
            _ => f.debug_struct("StreamCall").finish_non_exhaustive(),
        }
    }
}
