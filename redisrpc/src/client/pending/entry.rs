//! One call in the table.

use std::{sync::Arc, task::Waker, time::Instant};

use bytes::Bytes;

use crate::{
    client::queue::Queue,
    error::{Error, Started},
    transport::gather::Message,
};

/// A reply's bytes, or why there will be none.
pub(in crate::client) type Outcome = Result<Bytes, Failure>;

/// Why a call gets no reply.
#[derive(Debug)]
pub(in crate::client) enum Failure {
    /// Its time was up.
    Expired(Started),
    /// Anything else; boxed, because every call in flight has room for it.
    Failed(Box<Error>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// What the table keeps of a call.
#[derive(Debug)]
pub(in crate::client) struct Entry {
    pub(in crate::client) queue: Arc<Queue>,
    /// The whole request: written from here, withdrawn by its bytes.
    pub(in crate::client) request: Message,
    pub(super) deadline: Instant,
    /// When to begin watching the call's own queue, which an old server would
    /// use; `None` for as soon as it is written.
    pub(super) watch_at: Option<Instant>,
    pub(super) stage: Stage,
    pub(super) watched: bool,
    /// Whether being written is all that is waited for.
    pub(super) oneway: bool,
    pub(super) expiry: Expiry,
    pub(super) state: State,
}

/// Whether a call's time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    No,
    /// It is, while the request is being written: its deadline is now that for
    /// hearing what came of it.
    LastWord,
    /// It is, and its end is being settled.
    Reported,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Unwritten,
    /// Handed to the transport, which has not said what came of it.
    Claimed,
    Written,
}

#[derive(Debug)]
pub(super) enum State {
    Waiting(Option<Waker>),
    Done(Outcome),
    /// Its caller has gone while it was being written.
    Abandoned,
}

/// A request to be taken back out of its queue: no one waits for it any more.
pub(in crate::client) type Withdrawal = (Arc<Queue>, Bytes);

impl Entry {
    pub(in crate::client) fn new(
        queue: Arc<Queue>,
        request: Vec<u8>,
        deadline: Instant,
        watch_at: Option<Instant>,
    ) -> Self {
        Self {
            queue,
            request: request.into(),
            deadline,
            watch_at,
            stage: Stage::Unwritten,
            watched: false,
            oneway: false,
            expiry: Expiry::No,
            state: State::Waiting(None),
        }
    }

    pub(in crate::client) fn oneway(self, oneway: bool) -> Self {
        Self { oneway, ..self }
    }

    /// Who is to be woken by its outcome.
    pub(in crate::client) fn awaited_by(self, waker: &Waker) -> Self {
        let state = State::Waiting(Some(waker.clone()));
        Self { state, ..self }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// Whether it waits and its deadline was not yet seen to pass.
    pub(super) fn has_time(&self) -> bool {
        self.is_waiting() && self.expiry == Expiry::No
    }

    pub(super) fn withdrawal(&self) -> Withdrawal {
        (Arc::clone(&self.queue), self.request.bytes())
    }

    /// Whether its deadline is still to be looked at.
    pub(super) fn may_expire(&self) -> bool {
        self.is_waiting() && self.expiry != Expiry::Reported
    }
}
