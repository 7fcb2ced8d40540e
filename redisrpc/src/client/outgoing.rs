//! A call on its way out: put together, entered in the table, in flight.

use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::Serialize;

#[cfg(feature = "tower")]
use super::layered::Layers;
use super::{
    Client, Engine,
    bounds::{Bounds, Permit},
    pending::{CallId, Entry, Failure, Inserted, Outcome},
    queue::Queue,
    retry::Retry,
};
use crate::{
    credit,
    deadline::inherited,
    error::{Bound, EncodeError, Error, Overloaded, Timeout},
    messages::MessageLog,
    metadata::Metadata,
    wire::{
        Json,
        request::{Context as WireContext, RequestWriter},
    },
};

/// No call may wait longer: ten years, so that no clock overflows.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// A request on its way: its bytes so far, and what the rest will need.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) engine: Arc<Engine>,
    pub(super) queue: Arc<Queue>,
    pub(super) method: Cow<'static, str>,
    writer: RequestWriter,
    /// The first thing that was wrong with it; awaiting the call yields it.
    error: Option<Box<Error>>,
    pub(super) timeout: Duration,
    /// Whether that was said of this call or its method, not of all.
    pub(super) timeout_is_own: bool,
    pub(super) idempotent: bool,
    pub(super) oneway: bool,
    /// How many items of a stream it takes to begin with, if it takes one.
    pub(super) credit: Option<u64>,
    pub(super) metadata: Option<Arc<Metadata>>,
    /// Whether it is not to be made while nobody serves the queue.
    pub(super) fail_unserved: bool,
    bounds: Option<Arc<Bounds>>,
    messages: MessageLog,
    /// Those that it has not gone through yet.
    #[cfg(feature = "tower")]
    pub(super) layers: Option<Arc<Layers>>,
    pub(super) retry: Option<Arc<Retry>>,
}

impl Outgoing {
    pub(super) fn new(client: &Client, method: Cow<'static, str>) -> Self {
        let queue = Arc::clone(client.next_queue());
        Self {
            writer: writer_of(&method, &queue),
            method,
            error: client.invalid.clone().map(Box::new),
            timeout: client.timeout,
            engine: Arc::clone(&client.engine),
            queue,
            timeout_is_own: false,
            idempotent: false,
            oneway: false,
            credit: None,
            metadata: client.metadata.clone(),
            fail_unserved: client.fail_unserved,
            bounds: client.bounds.clone(),
            messages: client.messages,
            #[cfg(feature = "tower")]
            layers: client.layers.clone(),
            retry: client.retry.clone(),
        }
    }

    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
        self.timeout_is_own = true;
    }

    pub(super) fn add_metadata(&mut self, name: String, value: String) {
        let metadata = self.metadata.get_or_insert_default();
        Arc::make_mut(metadata).insert(name, value);
    }

    /// Takes no longer than there is time for the call that it is made for: what is
    /// awaited in a method ends with the method's own call.
    pub(super) fn inherit_deadline(&mut self) {
        if !self.oneway
            && let Some(left) = inherited::left()
        {
            self.timeout = self.timeout.min(left);
        }
    }

    pub(super) fn positional<T: Serialize + ?Sized>(&mut self, name: Option<&str>, argument: &T) {
        let written = self.writer.positional(argument);
        self.note(name, written);
    }

    pub(super) fn named<T: Serialize + ?Sized>(&mut self, name: &str, argument: &T) {
        let written = self.writer.named(name, argument);
        self.note(Some(name), written);
    }

    /// Whether it may have to be made more than once, or not at all.
    pub(super) fn is_made_again(&self) -> bool {
        #[cfg(feature = "msgpack")]
        if self.is_packed() {
            return true;
        }
        self.retry.is_some() || self.fail_unserved
    }

    /// Whether what is in it may be more than the server that takes it can read.
    #[cfg(feature = "msgpack")]
    pub(super) fn is_packed(&self) -> bool {
        self.writer.is_packed()
    }

    /// Makes it one that any server reads, from now on.
    #[cfg(feature = "msgpack")]
    pub(super) fn unpack(&mut self) {
        let unpacked = self.writer.unpack();
        self.note(None, unpacked);
    }

    /// Makes it one that any server reads, from now on: as it is.
    #[cfg(not(feature = "msgpack"))]
    #[allow(clippy::unused_self, reason = "it is where there are packed ones")]
    pub(super) fn unpack(&mut self) {}

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

    /// Enters the call in the table and hands it to be written. Its outcome will
    /// wake `waker`.
    pub(super) fn send(self, waker: &Waker) -> Result<InFlight, Error> {
        let Self {
            engine,
            queue,
            method,
            writer,
            error,
            idempotent,
            oneway,
            credit,
            metadata,
            bounds,
            messages,
            ..
        } = self;
        if let Some(error) = error {
            return Err(*error);
        }
        let permit = match &bounds {
            Some(bounds) => Some(permit(bounds, &method, &queue)?),
            None => None,
        };
        let most_queued = bounds.map_or(u32::MAX, |bounds| bounds.most_queued);
        let timeout = self.timeout.min(LONGEST_TIMEOUT);
        let now = Instant::now();
        // A request nobody waits for is still wanted when its writer has gone.
        let expires = !oneway || self.timeout_is_own;
        let sent = engine.shared.transport.clock().at(now);
        let metadata = metadata.filter(|it| !it.is_empty());
        let metadata = metadata.and_then(|it| serde_json::value::to_raw_value(&*it).ok());
        let mut logged = None;
        let make_entry = |id: CallId| {
            let context = WireContext {
                id: id.0,
                inbox: Cow::Borrowed(&queue.inbox),
                deadline: expires.then_some(sent.after(timeout).0),
                sent: Some(sent.0),
                idempotent,
                oneway,
                msgpack: cfg!(feature = "msgpack") && !oneway,
                credit,
                metadata: metadata.as_deref().map(Json),
            };
            let request = writer.finish(&context);
            logged = messages.is_read().then(|| request.clone());
            let watch_at = queue.watch_at(now);
            Entry::new(Arc::clone(&queue), request, now + timeout, watch_at)
                .oneway(oneway)
                .streaming(credit)
                .most_queued(most_queued)
                .awaited_by(waker)
        };
        let mut pending = engine.shared.pending();
        let Inserted { id, first_due } = pending.insert(make_entry)?;
        let tell = pending.outbound.add(id);
        drop(pending);
        if let Some(request) = logged {
            messages.note("request sent", &queue.name, Some(id.0), &request);
        }
        engine.shared.tell(tell);
        if first_due {
            engine.shared.due.notify_one();
        }
        Ok(InFlight {
            id,
            engine,
            queue,
            method,
            timeout,
            ended: false,
            messages,
            _permit: permit,
        })
    }
}

#[cfg(feature = "msgpack")]
fn writer_of(method: &str, queue: &Queue) -> RequestWriter {
    let mut writer = RequestWriter::new(method);
    if queue.packs() {
        writer.pack();
    }
    writer
}

#[cfg(not(feature = "msgpack"))]
fn writer_of(method: &str, _: &Queue) -> RequestWriter {
    RequestWriter::new(method)
}

fn permit(bounds: &Arc<Bounds>, method: &str, queue: &Queue) -> Result<Permit, Error> {
    bounds.permit().map_err(|most| {
        let found = most.saturating_add(1);
        overloaded(method, queue, Bound::InFlight, most, found)
    })
}

fn overloaded(method: &str, queue: &Queue, bound: Bound, most: usize, found: usize) -> Error {
    Error::Overloaded(Overloaded {
        method: method.to_owned(),
        queue: queue.name.to_string(),
        bound,
        most,
        found,
    })
}

/// A call in the table. Dropping it takes the call out again, and its request
/// out of the queue if no server has it yet.
pub(super) struct InFlight {
    id: CallId,
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    pub(super) method: Cow<'static, str>,
    /// Longest wait for what comes next.
    timeout: Duration,
    /// Whether its outcome was taken: it is in the table no more.
    ended: bool,
    messages: MessageLog,
    /// Given back with it.
    _permit: Option<Permit>,
}

/// What came of a stream.
pub(super) enum Came {
    /// Some of its items.
    Part(Bytes),
    /// The last of its items, as a reply.
    Reply(Bytes),
}

impl InFlight {
    /// What comes next of a stream.
    pub(super) fn poll_part(&mut self, cx: &Context<'_>) -> Poll<Result<Came, Error>> {
        let mut pending = self.engine.shared.pending();
        if let Some(part) = pending.part(self.id) {
            drop(pending);
            self.timeout = credit::SILENCE;
            self.note_reply(&part);
            return Poll::Ready(Ok(Came::Part(part)));
        }
        let outcome = pending.poll(self.id, cx);
        drop(pending);
        self.ended(outcome).map_ok(Came::Reply)
    }

    /// Takes so many items of a stream in all.
    pub(super) fn takes(&self, items: u64) {
        let shared = &self.engine.shared;
        shared.pending().set_credit(self.id, items);
        let _ = shared.credit.send(self.id);
    }

    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<Bytes, Error>> {
        let outcome = self.engine.shared.pending().poll(self.id, cx);
        self.ended(outcome)
    }

    fn note_reply(&self, reply: &[u8]) {
        let id = Some(self.id.0);
        self.messages
            .note("reply received", &self.queue.name, id, reply);
    }

    fn ended(&mut self, outcome: Poll<Outcome>) -> Poll<Result<Bytes, Error>> {
        self.ended = outcome.is_ready();
        // Nothing is the reply to a call whose reply nobody waits for.
        if let Poll::Ready(Ok(reply)) = &outcome
            && !reply.is_empty()
        {
            self.note_reply(reply);
        }
        outcome.map_err(|failure| match failure {
            Failure::Failed(error) => *error,
            Failure::Overlong { found, most } => overloaded(
                &self.method,
                &self.queue,
                Bound::QueueLength,
                most as usize,
                found as usize,
            ),
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
        if self.ended {
            return;
        }
        let shared = &self.engine.shared;
        let mut pending = shared.pending();
        let withdrawal = pending.remove(self.id);
        if let Some(withdrawal) = &withdrawal {
            shared.gone(withdrawal);
        }
        drop(pending);
        if let Some(withdrawal) = withdrawal {
            let _ = shared.withdrawals.send(withdrawal);
        }
    }
}
