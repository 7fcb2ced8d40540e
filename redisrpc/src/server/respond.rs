//! The writer of replies: those that gather while one write is under way leave
//! together in the next.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{sync::mpsc, time};

use crate::{
    error::{Refusal, TransportError},
    transport::{Backoff, List, Push, Transport},
    wire::{reply::Reply, request::Request},
};

/// Most replies in one write.
const BATCH: usize = 1024;

/// Size at which a write takes no further reply, in bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// How long a reply list may stand unread. Old Ruby and PHP clients round their
/// waits down, and a client that lost its connection needs time to return.
const UNREAD: Duration = Duration::from_secs(60);

/// How often a reply may break the connection it is written to.
const MOST_ATTEMPTS: u32 = 3;

/// Where one request is to be answered.
#[derive(Debug, Clone)]
pub(super) struct ReplyTo {
    list: List,
    /// For native callers.
    pub(super) id: Option<u64>,
}

impl ReplyTo {
    /// The place this request wants its reply; `None` if it wants none.
    pub(super) fn of(request: &Request<'_>) -> Option<Self> {
        let Some(context) = &request.context else {
            return Some(Self::old(&request.response_queue));
        };
        (!context.oneway).then(|| Self {
            list: List::from(&*context.inbox),
            id: Some(context.id),
        })
    }

    /// A list an old caller waits on.
    pub(super) fn old(list: &str) -> Self {
        Self {
            list: List::from(list),
            id: None,
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
    /// How often a write of it alone came to an unknown end.
    attempts: u32,
}

impl Responder {
    pub(super) fn send(&self, to: ReplyTo, reply: Reply) {
        let outgoing = Outgoing {
            useless: Instant::now() + UNREAD,
            attempts: 0,
            push: Push {
                list: to.list,
                message: Bytes::from(reply.0),
                expire: Some(UNREAD),
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
    /// Replies that are not written yet, or may not be.
    unsent: VecDeque<Outgoing>,
    /// How many of the first were in a write that came to an unknown end: one of
    /// them may be what broke the connection, so each of them goes alone.
    suspects: usize,
}

/// A responder, and the writer behind it.
pub(super) fn writer(transport: Arc<dyn Transport>) -> (Responder, Writer) {
    let (sender, replies) = mpsc::unbounded_channel();
    let writer = Writer {
        transport,
        replies,
        unsent: VecDeque::new(),
        suspects: 0,
    };
    (Responder(sender), writer)
}

impl Writer {
    /// Writes replies until the last responder is dropped, trying each until it
    /// is written or useless.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut backoff = Backoff::default();
        while self.replies.recv_many(&mut batch, BATCH).await > 0 {
            self.unsent.extend(batch.drain(..));
            while let Err(error) = self.flush().await {
                tracing::warn!(error = error.report(), "replies wait for Redis");
                time::sleep(backoff.next()).await;
            }
            backoff.reset();
        }
    }

    /// Writes the replies there are.
    ///
    /// # Errors
    ///
    /// When Redis did not take them all; the others are written by the next call.
    pub(super) async fn flush(&mut self) -> Result<(), TransportError> {
        while let Ok(reply) = self.replies.try_recv() {
            self.unsent.push_back(reply);
        }
        let now = Instant::now();
        self.unsent.retain(|reply| reply.useless > now);
        while !self.unsent.is_empty() {
            self.write().await?;
        }
        Ok(())
    }

    /// One write, of as many as fit. A reply that is written twice does no harm:
    /// its reader takes one and is gone.
    async fn write(&mut self) -> Result<(), TransportError> {
        let pushes = self.next_batch();
        let refused = match self.transport.push(&pushes).await {
            Ok(refused) => refused,
            Err(error) => {
                if error.may_have_been_sent() {
                    self.suspect(pushes.len());
                }
                return Err(error);
            }
        };
        self.suspects = self.suspects.saturating_sub(pushes.len());
        let mut passing = None;
        let mut written: VecDeque<_> = self.unsent.drain(..pushes.len()).collect();
        for (index, error) in refused.into_iter().rev() {
            if error.refusal() == Refusal::None {
                let list = &pushes[index].list;
                tracing::warn!(error = error.report(), %list, "Redis refused a reply");
            } else {
                self.unsent.extend(written.remove(index));
                passing = Some(error);
            }
        }
        passing.map_or(Ok(()), Err)
    }

    fn next_batch(&self) -> Vec<Push> {
        let most = if self.suspects > 0 { 1 } else { BATCH };
        let mut bytes = 0;
        let fit = self.unsent.iter().take(most).take_while(|reply| {
            let fits = bytes < BATCH_BYTES;
            bytes += reply.push.message.len();
            fits
        });
        fit.map(|reply| reply.push.clone()).collect()
    }

    /// The connection broke while these were written. One that breaks it alone,
    /// again and again, is given up: the others wait behind it.
    fn suspect(&mut self, count: usize) {
        self.suspects = self.suspects.max(count);
        if count > 1 {
            return;
        }
        let Some(mut reply) = self.unsent.pop_front() else {
            return;
        };
        reply.attempts += 1;
        if reply.attempts < MOST_ATTEMPTS {
            self.unsent.push_front(reply);
        } else {
            let (list, bytes) = (&reply.push.list, reply.push.message.len());
            self.suspects -= 1;
            tracing::error!(%list, bytes, "gave up a reply that breaks the connection");
        }
    }
}
