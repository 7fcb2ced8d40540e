//! One call in the table.

use std::{sync::Arc, task::Waker, time::Instant};

use bytes::Bytes;

use super::{CallId, incoming::Incoming};
use crate::{
    client::queue::Queue,
    credit,
    error::{Error, Started},
    transport::{List, gather::Message},
};

/// A reply's bytes, or why there will be none.
pub(in crate::client) type Outcome = Result<Bytes, Failure>;

/// Why a call gets no reply.
#[derive(Debug)]
pub(in crate::client) enum Failure {
    /// Its time was up.
    Expired(Started),
    /// It was withdrawn for its place in the queue.
    Overlong { found: u32, most: u32 },
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
    /// use; `None` for as soon as it is written, and for one-way calls, which never are.
    pub(super) watch_at: Option<Instant>,
    /// How far back in the queue it may be.
    pub(in crate::client) most_queued: u32,
    pub(super) stage: Stage,
    pub(super) watched: bool,
    /// Whether being written is all that is waited for.
    pub(super) oneway: bool,
    pub(super) ending: Ending,
    pub(super) state: State,
    /// What came of a stream; `None` for calls that are answered at once.
    pub(super) incoming: Option<Box<Incoming>>,
}

/// Whether a call is about to end without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    No,
    /// Its queue is too long: it is being withdrawn, and goes on if a server has it.
    Overlong,
    /// Its time is up while the request is being written: its deadline is now that
    /// for hearing what came of it.
    LastWord,
    /// Its time is up, and its end is being settled.
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

/// A request to be taken back out of its queue.
#[derive(Debug, Clone)]
pub(in crate::client) struct Withdrawal {
    pub(in crate::client) id: CallId,
    pub(in crate::client) queue: Arc<Queue>,
    pub(in crate::client) request: Bytes,
    /// Whether the call's own queue is watched.
    pub(in crate::client) watched: bool,
    /// Whether nobody ever waited for its reply.
    pub(in crate::client) oneway: bool,
}

impl Withdrawal {
    pub(in crate::client) fn because(self, why: Why) -> Unsettled {
        Unsettled {
            withdrawal: self,
            why,
        }
    }

    /// The list on which an old server would answer.
    pub(in crate::client) fn own_queue(&self) -> List {
        self.queue.own_queue(self.id).into()
    }
}

/// A call whose end depends on whether its request is still in the queue.
#[derive(Debug)]
pub(in crate::client) struct Unsettled {
    pub(in crate::client) withdrawal: Withdrawal,
    pub(in crate::client) why: Why,
}

/// Why a call is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Why {
    Expired,
    /// It is this far back in its queue.
    Overlong {
        found: u32,
        most: u32,
    },
}

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
            most_queued: u32::MAX,
            stage: Stage::Unwritten,
            watched: false,
            oneway: false,
            ending: Ending::No,
            state: State::Waiting(None),
            incoming: None,
        }
    }

    /// Answered by a stream, of which so many items may come before more is said.
    pub(in crate::client) fn streaming(self, credit: Option<u64>) -> Self {
        Self {
            incoming: credit.map(|credit| Box::new(Incoming::new(credit))),
            ..self
        }
    }

    /// Whether being written is all that is waited for: nobody answers it, on its
    /// own queue or elsewhere.
    pub(in crate::client) fn oneway(self, oneway: bool) -> Self {
        Self {
            oneway,
            watch_at: self.watch_at.filter(|_| !oneway),
            ..self
        }
    }

    pub(in crate::client) fn most_queued(self, most_queued: u32) -> Self {
        Self {
            most_queued,
            ..self
        }
    }

    /// Who is to be woken by its outcome.
    pub(in crate::client) fn awaited_by(self, waker: &Waker) -> Self {
        let state = State::Waiting(Some(waker.clone()));
        Self { state, ..self }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// Whether it waits, and is not about to end without a reply.
    pub(super) fn has_time(&self) -> bool {
        self.is_waiting() && self.ending == Ending::No
    }

    /// A part of its stream has come, after which it may last a while longer.
    pub(super) fn part_came(&mut self, now: Instant) -> Option<Waker> {
        self.deadline = now + credit::SILENCE;
        match &mut self.state {
            State::Waiting(waker) => waker.take(),
            State::Done(_) | State::Abandoned => None,
        }
    }

    pub(super) fn withdrawal(&self, id: CallId) -> Withdrawal {
        Withdrawal {
            id,
            queue: Arc::clone(&self.queue),
            request: self.request.bytes(),
            watched: self.watched,
            oneway: self.oneway,
        }
    }

    /// Whether its deadline is still to be looked at.
    pub(super) fn may_expire(&self) -> bool {
        self.is_waiting() && self.ending != Ending::Reported
    }
}
