//! Replies on their way to their callers.
//!
//! Two tasks write them. The intake takes those that are ready along with its
//! next pop, both in one write over one connection; while it is busy otherwise,
//! the writer here takes them. What gathers while one write is under way leaves
//! together in the next.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time};

use crate::{
    broker::let_others_run,
    error::{Refusal, TransportError},
    transport::{
        Backoff, List, Push, Pusher, Refused,
        gather::{Gather, LARGE},
    },
    wire::{reply::Reply, request::Request},
};

/// Most replies in one write.
const BATCH: usize = 1024;

/// Size at which a write takes no further reply, in bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// Room made for each reply of a write, in bytes.
const ROOM: usize = 64;

/// How long a reply list may stand unread. Old Ruby and PHP clients round their
/// waits down, and a client that lost its connection needs time to return.
const UNREAD: Duration = Duration::from_secs(60);

/// How often a reply may break the connection it is written to.
const MOST_ATTEMPTS: u32 = 3;

/// Where one request is to be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplyTo<'a> {
    list: &'a str,
    /// For native callers.
    pub(super) id: Option<u64>,
}

impl<'a> ReplyTo<'a> {
    /// The place this request wants its reply; `None` if it wants none.
    pub(super) fn of(request: &'a Request<'_>) -> Option<Self> {
        let Some(context) = &request.context else {
            return Some(Self::old(&request.response_queue));
        };
        (!context.oneway).then_some(Self {
            list: &context.inbox,
            id: Some(context.id),
        })
    }

    /// A list an old caller waits on.
    pub(super) fn old(list: &'a str) -> Self {
        Self { list, id: None }
    }
}

/// Takes replies; when it is dropped, the writer writes what is left and ends.
#[derive(Debug)]
pub(super) struct Responder(Arc<Replies>);

/// The replies that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Replies {
    waiting: Mutex<Waiting>,
    /// Told when there is something for the writer.
    to_write: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    fresh: VecDeque<(List, Vec<u8>)>,
    /// Replies whose write failed: the writer's alone.
    again: VecDeque<(Push, Past)>,
    /// The list of the last one: the next is often for the same.
    last: Option<List>,
    /// Whether the intake will take the fresh ones along.
    taken_along: bool,
    /// Whether no more will come.
    closed: bool,
}

/// What a reply has been through.
#[derive(Debug, Default, Clone, Copy)]
struct Past {
    /// When its reader will have gone; told from the first write that failed.
    useless: Option<Instant>,
    /// Whether it was in a write that came to an unknown end: it may be what broke
    /// the connection, so it goes alone.
    suspect: bool,
    /// How often a write of it alone came to an unknown end.
    attempts: u32,
}

impl Responder {
    pub(super) fn send(&self, to: ReplyTo<'_>, reply: Reply) {
        let mut waiting = self.0.waiting();
        let list = match &waiting.last {
            Some(last) if **last == *to.list => Arc::clone(last),
            _ => {
                let list = List::from(to.list);
                waiting.last = Some(Arc::clone(&list));
                list
            }
        };
        waiting.fresh.push_back((list, reply.0));
        let tell = !waiting.taken_along;
        drop(waiting);
        if tell {
            self.0.to_write.notify_one();
        }
    }

    pub(super) fn replies(&self) -> &Arc<Replies> {
        &self.0
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.0.waiting().closed = true;
        self.0.leave();
        self.0.to_write.notify_one();
    }
}

impl Replies {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The intake will come for what gathers from now on.
    pub(super) fn expect(&self) {
        self.waiting().taken_along = true;
    }

    /// The intake will not come: what there is, and what gathers, is the writer's.
    pub(super) fn leave(&self) {
        let mut waiting = self.waiting();
        waiting.taken_along = false;
        if !waiting.fresh.is_empty() {
            self.to_write.notify_one();
        }
    }

    /// Takes what the intake is to write now, and leaves the rest.
    pub(super) fn take_along(&self) -> Along<'_> {
        let mut batch = Batch::default();
        batch.take_fresh(&mut self.waiting());
        self.leave();
        Along {
            replies: self,
            batch,
            settled: AtomicBool::new(false),
        }
    }

    /// Takes what the writer is to write now; whether there is anything.
    fn take_for_writer(&self, batch: &mut Batch) -> bool {
        let mut waiting = self.waiting();
        batch.take_again(&mut waiting);
        if batch.pushes.is_empty() && !waiting.taken_along {
            batch.take_fresh(&mut waiting);
        }
        !batch.pushes.is_empty()
    }
}

/// Replies that leave with a pop. Dropped before it is known what came of them,
/// because the server was stopped, they are left to the writer.
#[derive(Debug)]
pub(super) struct Along<'a> {
    replies: &'a Replies,
    batch: Batch,
    settled: AtomicBool,
}

impl Along<'_> {
    pub(super) fn pushes(&self) -> &[Push] {
        &self.batch.pushes
    }

    /// What follows when the transport has said what came of the write.
    ///
    /// # Errors
    ///
    /// As [`Batch::pushed`].
    pub(super) fn pushed(
        &self,
        outcome: Result<Refused, TransportError>,
    ) -> Result<(), TransportError> {
        self.settled.store(true, Ordering::Relaxed);
        self.batch.pushed(self.replies, outcome)
    }
}

impl Drop for Along<'_> {
    fn drop(&mut self) {
        if !self.settled.load(Ordering::Relaxed) && !self.batch.pushes.is_empty() {
            let stopped = TransportError::unknown("push to Redis", "the server was stopped");
            let _ = self.pushed(Err(stopped));
        }
    }
}

/// Replies that leave in one write.
#[derive(Debug, Default)]
struct Batch {
    pushes: Vec<Push>,
    pasts: Vec<Past>,
}

impl Batch {
    fn take_fresh(&mut self, waiting: &mut Waiting) {
        self.clear();
        let mut write = Gather::with_room(waiting.fresh.len().min(BATCH), ROOM);
        let mut count = 0;
        while count < BATCH && write.bytes() < BATCH_BYTES {
            let Some((list, reply)) = waiting.fresh.pop_front() else {
                break;
            };
            count += 1;
            if reply.len() < LARGE {
                write.copy(&list, &reply);
            } else {
                write.share(&list, reply.into());
            }
        }
        self.pushes.extend(write.into_pushes(Some(UNREAD)));
        self.pasts.resize(count, Past::default());
    }

    fn take_again(&mut self, waiting: &mut Waiting) {
        self.clear();
        let now = Instant::now();
        let useless = |past: &Past| past.useless.is_some_and(|useless| useless <= now);
        waiting.again.retain(|(_, past)| !useless(past));
        let mut bytes = 0;
        while self.pushes.len() < BATCH && bytes < BATCH_BYTES {
            let Some((_, past)) = waiting.again.front() else {
                break;
            };
            let alone = past.suspect;
            if alone && !self.pushes.is_empty() {
                break;
            }
            let (push, past) = waiting.again.pop_front().expect("it was looked at");
            bytes += push.message.len();
            self.pushes.push(push);
            self.pasts.push(past);
            if alone {
                break;
            }
        }
    }

    fn clear(&mut self) {
        self.pushes.clear();
        self.pasts.clear();
    }

    /// What follows when the transport has said what came of the write. A reply
    /// that is written twice does no harm: its reader takes one and is gone.
    ///
    /// # Errors
    ///
    /// When Redis did not take them all: the others are left to the writer.
    fn pushed(
        &self,
        replies: &Replies,
        outcome: Result<Refused, TransportError>,
    ) -> Result<(), TransportError> {
        match outcome {
            Ok(refused) if refused.is_empty() => Ok(()),
            Ok(refused) => self.refused(replies, refused),
            Err(error) => {
                let alone = self.pushes.len() == 1;
                let mut again = Vec::with_capacity(self.pushes.len());
                for (push, past) in self.pushes.iter().zip(&self.pasts) {
                    let past = match error.may_have_been_sent() {
                        true => past.suspected(alone),
                        false => *past,
                    };
                    if past.attempts < MOST_ATTEMPTS {
                        again.push((push.clone(), past));
                    } else {
                        let (list, bytes) = (&push.list, push.message.len());
                        tracing::error!(%list, bytes, "gave up a reply that breaks the connection");
                    }
                }
                replies.put_back(again);
                Err(error)
            }
        }
    }

    fn refused(&self, replies: &Replies, refused: Refused) -> Result<(), TransportError> {
        let mut passing = Ok(());
        let mut again = Vec::new();
        for (index, error) in refused {
            let push = &self.pushes[index];
            if error.refusal() == Refusal::None {
                let list = &push.list;
                tracing::warn!(error = error.report(), %list, "Redis refused a reply");
            } else {
                again.push((push.clone(), self.pasts[index]));
                passing = Err(error);
            }
        }
        replies.put_back(again);
        passing
    }
}

impl Past {
    /// After one more write that came to an unknown end.
    fn suspected(self, alone: bool) -> Self {
        Self {
            suspect: true,
            attempts: self.attempts + u32::from(alone),
            ..self
        }
    }
}

impl Replies {
    /// Leaves replies whose write failed to the writer.
    fn put_back(&self, replies: Vec<(Push, Past)>) {
        let useless = Instant::now() + UNREAD;
        let mut waiting = self.waiting();
        for (push, mut past) in replies.into_iter().rev() {
            past.useless.get_or_insert(useless);
            waiting.again.push_front((push, past));
        }
        if !waiting.again.is_empty() {
            self.to_write.notify_one();
        }
    }
}

/// Writes the replies that the intake does not take along.
#[derive(Debug)]
pub(super) struct Writer {
    pusher: Box<dyn Pusher>,
    replies: Arc<Replies>,
    batch: Batch,
}

/// A responder, and the writer behind it.
pub(super) fn writer(pusher: Box<dyn Pusher>) -> (Responder, Writer) {
    let replies = Arc::<Replies>::default();
    let writer = Writer {
        pusher,
        replies: Arc::clone(&replies),
        batch: Batch::default(),
    };
    (Responder(replies), writer)
}

impl Writer {
    /// Writes replies until the responder is dropped, trying each until it is
    /// written or useless.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::default();
        loop {
            self.replies.to_write.notified().await;
            // Methods that are about to return do so first.
            let_others_run().await;
            while let Err(error) = self.flush().await {
                tracing::warn!(error = error.report(), "replies wait for Redis");
                time::sleep(backoff.next()).await;
            }
            backoff.reset();
            let waiting = self.replies.waiting();
            if waiting.closed && waiting.fresh.is_empty() && waiting.again.is_empty() {
                return;
            }
        }
    }

    /// Writes the replies there are for it.
    ///
    /// # Errors
    ///
    /// When Redis did not take them all; the others are written by the next call.
    pub(super) async fn flush(&mut self) -> Result<(), TransportError> {
        while self.replies.take_for_writer(&mut self.batch) {
            let outcome = self.pusher.push(&self.batch.pushes).await;
            self.batch.pushed(&self.replies, outcome)?;
        }
        Ok(())
    }
}
