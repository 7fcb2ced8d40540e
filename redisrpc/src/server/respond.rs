//! The writer of replies: those that gather while one write is under way leave
//! together in the next.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{sync::mpsc, time};

use crate::{
    deadline::RedisTime,
    transport::{Backoff, List, Push, Transport},
    wire::{reply::Reply, request::Request},
};

/// Most replies in one write.
const BATCH: usize = 1024;

/// How long a reply list may stand unread when its reader names no deadline.
/// Old Ruby and PHP clients round their waits down, so not too short.
const UNREAD: Duration = Duration::from_secs(60);

/// How long it may stand at least, however near the reader's deadline is.
const UNREAD_AT_LEAST: Duration = Duration::from_secs(10);

/// Where one request is to be answered.
#[derive(Debug, Clone)]
pub(super) struct ReplyTo {
    list: List,
    /// For native callers.
    pub(super) id: Option<u64>,
    unread: Duration,
}

impl ReplyTo {
    /// The place this request wants its reply; `None` if it wants none.
    pub(super) fn of(request: &Request<'_>, now: RedisTime) -> Option<Self> {
        let Some(context) = &request.context else {
            return Some(Self::old(&request.response_queue));
        };
        let remaining = context.deadline().map(|deadline| now.until(deadline));
        let unread = remaining.map_or(UNREAD, |remaining| {
            (remaining + Duration::from_secs(5)).clamp(UNREAD_AT_LEAST, UNREAD)
        });
        (!context.oneway).then(|| Self {
            list: List::from(&*context.inbox),
            id: Some(context.id),
            unread,
        })
    }

    /// A list an old caller waits on.
    pub(super) fn old(list: &str) -> Self {
        Self {
            list: List::from(list),
            id: None,
            unread: UNREAD,
        }
    }
}

/// Hands replies to the writer. When the last is dropped, the writer ends.
#[derive(Debug, Clone)]
pub(super) struct Responder(mpsc::UnboundedSender<Outgoing>);

#[derive(Debug)]
struct Outgoing {
    push: Push,
    /// When its reader will have gone.
    useless: Instant,
}

impl Responder {
    pub(super) fn send(&self, to: ReplyTo, reply: Reply) {
        let outgoing = Outgoing {
            useless: Instant::now() + to.unread,
            push: Push {
                list: to.list,
                message: Bytes::from(reply.0),
                expire: Some(to.unread),
            },
        };
        // The writer outlives every responder.
        let _ = self.0.send(outgoing);
    }
}

/// The other end of all responders: writes what they were given.
#[derive(Debug)]
pub(super) struct Writer {
    transport: Arc<dyn Transport>,
    replies: mpsc::UnboundedReceiver<Outgoing>,
}

/// A responder, and the writer behind it.
pub(super) fn writer(transport: Arc<dyn Transport>) -> (Responder, Writer) {
    let (sender, replies) = mpsc::unbounded_channel();
    (Responder(sender), Writer { transport, replies })
}

impl Writer {
    /// Writes replies until the last responder is dropped.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.replies.recv_many(&mut batch, BATCH).await > 0 {
            write(&*self.transport, std::mem::take(&mut batch)).await;
        }
    }

    /// Writes the replies there are.
    pub(super) async fn flush(&mut self) {
        let mut batch = Vec::new();
        while let Ok(reply) = self.replies.try_recv() {
            batch.push(reply);
        }
        write(&*self.transport, batch).await;
    }
}

/// Writes replies, trying until they are written or useless. A reply that is
/// written twice does no harm: its reader takes one and is gone.
async fn write(transport: &dyn Transport, mut batch: Vec<Outgoing>) {
    let mut backoff = Backoff::default();
    while !batch.is_empty() {
        let pushes: Vec<Push> = batch.iter().map(|outgoing| outgoing.push.clone()).collect();
        match transport.push(&pushes).await {
            Ok(refused) => {
                for (index, error) in refused {
                    let list = &pushes[index].list;
                    tracing::warn!(error = error.report(), %list, "Redis refused a reply");
                }
                return;
            }
            Err(error) => {
                tracing::warn!(error = error.report(), "replies wait for Redis");
            }
        }
        time::sleep(backoff.next()).await;
        let now = Instant::now();
        batch.retain(|outgoing| outgoing.useless > now);
    }
}
