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
};

use tokio::{sync::Notify, time};

use super::{
    batch::{Again, Batch, Fresh},
    progress::Receipt,
};
use crate::{
    broker::let_others_run,
    error::TransportError,
    messages::MessageLog,
    metering::Level,
    transport::{Backoff, List, Pusher, Write, Written},
    wire::{
        reply::{self, Reply},
        request::Request,
    },
};

/// Where one request is to be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplyTo<'a> {
    pub(super) list: &'a str,
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
#[derive(Debug)]
pub(super) struct Replies {
    queue: List,
    messages: MessageLog,
    waiting: Mutex<Waiting>,
    /// Told when there is something for the writer.
    to_write: Notify,
    /// How many replies Redis has not taken, those that are being written included.
    level: Level,
}

#[derive(Debug, Default)]
struct Waiting {
    fresh: VecDeque<Fresh>,
    /// Those whose write failed: the writer's alone.
    again: VecDeque<Again>,
    /// Receipts without a reply to leave with.
    bare: Vec<Receipt>,
    /// The list of the last one: the next is often for the same.
    last: Option<List>,
    /// Whether the intake will take the fresh ones along.
    taken_along: bool,
    /// Whether no more will come.
    closed: bool,
}

impl Waiting {
    fn are_none(&self) -> bool {
        self.fresh.is_empty() && self.again.is_empty() && self.bare.is_empty()
    }
}

impl Responder {
    pub(super) fn send(&self, list: &str, reply: Reply, receipt: Option<Receipt>) {
        self.0.send(list, reply, receipt);
    }

    /// A request is done with that gets no reply.
    pub(super) fn give_back(&self, receipt: Receipt) {
        let mut waiting = self.0.waiting();
        waiting.bare.push(receipt);
        self.0.tell(&waiting);
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
    pub(super) fn send(&self, list: &str, reply: Reply, receipt: Option<Receipt>) {
        if self.messages.is_read() {
            let id = reply::reply_id(&reply.0);
            self.messages.note("reply sent", &self.queue, id, &reply.0);
        }
        let mut waiting = self.waiting();
        let list = match &waiting.last {
            Some(last) if **last == *list => Arc::clone(last),
            _ => {
                let list = List::from(list);
                waiting.last = Some(Arc::clone(&list));
                list
            }
        };
        let reply = reply.0.into();
        waiting.fresh.push_back(Fresh {
            list,
            reply,
            receipt,
        });
        self.level.changes(0, 1);
        self.tell(&waiting);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the writer of something new, if it is the one to write it.
    fn tell(&self, waiting: &Waiting) {
        if !waiting.taken_along {
            self.to_write.notify_one();
        }
    }

    /// The intake will come for what gathers from now on.
    pub(super) fn expect(&self) {
        self.waiting().taken_along = true;
    }

    /// The intake will not come: what there is, and what gathers, is the writer's.
    pub(super) fn leave(&self) {
        let mut waiting = self.waiting();
        waiting.taken_along = false;
        if !waiting.fresh.is_empty() || !waiting.bare.is_empty() {
            self.to_write.notify_one();
        }
    }

    /// Takes what the intake is to write now, and leaves the rest.
    pub(super) fn take_along(&self) -> Along<'_> {
        let mut batch = Batch::default();
        let mut waiting = self.waiting();
        let Waiting { fresh, bare, .. } = &mut *waiting;
        batch.take_fresh(fresh, bare);
        drop(waiting);
        self.settle_unwritten(&batch);
        self.leave();
        Along {
            replies: self,
            batch,
            settled: AtomicBool::new(false),
        }
    }

    /// Settles a batch of which nothing is to be written: no news is no news.
    fn settle_unwritten(&self, batch: &Batch) {
        if batch.write().is_empty() {
            let _ = self.settle(batch, Ok(Written::default()));
        }
    }

    /// Takes what the writer is to write now; whether there is anything.
    fn take_for_writer(&self, batch: &mut Batch) -> bool {
        let mut waiting = self.waiting();
        let Waiting { again, bare, .. } = &mut *waiting;
        let before = again.len();
        batch.take_again(again, bare);
        // Those that are of no use any more are in neither.
        self.level
            .changes(before, again.len() + batch.write().pushes.len());
        if batch.is_empty() && !waiting.taken_along {
            let Waiting { fresh, bare, .. } = &mut *waiting;
            batch.take_fresh(fresh, bare);
        }
        drop(waiting);
        self.settle_unwritten(batch);
        !batch.write().is_empty()
    }

    /// What follows when the transport has said what came of a write: what it did
    /// not take is left to the writer.
    fn settle(
        &self,
        batch: &Batch,
        outcome: Result<Written, TransportError>,
    ) -> Result<(), TransportError> {
        // Receipts are settled by one at a time: under the lock.
        let mut waiting = self.waiting();
        let (left, outcome) = batch.settle(outcome);
        self.level
            .changes(batch.write().pushes.len(), left.again.len());
        waiting.bare.extend(left.receipts);
        for reply in left.again.into_iter().rev() {
            waiting.again.push_front(reply);
        }
        if !waiting.again.is_empty() || !waiting.bare.is_empty() {
            self.to_write.notify_one();
        }
        outcome
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
    pub(super) fn write(&self) -> Write<'_> {
        self.batch.write()
    }

    /// What follows when the transport has said what came of the write.
    ///
    /// # Errors
    ///
    /// When Redis did not take them all: the others are left to the writer.
    pub(super) fn pushed(
        &self,
        outcome: Result<Written, TransportError>,
    ) -> Result<(), TransportError> {
        self.settled.store(true, Ordering::Relaxed);
        self.replies.settle(&self.batch, outcome)
    }
}

impl Drop for Along<'_> {
    fn drop(&mut self) {
        if !self.settled.load(Ordering::Relaxed) && !self.batch.write().is_empty() {
            let stopped = TransportError::unknown("push to Redis", "the server was stopped");
            let _ = self.pushed(Err(stopped));
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

/// A responder to the requests of a queue, and the writer behind it.
pub(super) fn writer(
    queue: &List,
    pusher: Box<dyn Pusher>,
    messages: MessageLog,
) -> (Responder, Writer) {
    let replies = Arc::new(Replies {
        queue: Arc::clone(queue),
        messages,
        waiting: Mutex::default(),
        to_write: Notify::new(),
        level: Level::of_replies(queue),
    });
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
            if waiting.closed && waiting.are_none() {
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
            let outcome = self.pusher.write(self.batch.write()).await;
            self.replies.settle(&self.batch, outcome)?;
        }
        Ok(())
    }
}
