//! What the table tells those who ask it.

use std::{task::Waker, time::Instant};

use super::{
    CallId,
    entry::{Unsettled, Withdrawal},
};

/// What is due at some moment.
#[derive(Debug, Default)]
pub(in crate::client) struct Due {
    /// Calls whose time is up: they are to be settled with `complete`.
    pub(in crate::client) expired: Vec<CallId>,
    /// Calls whose own queues are to be watched from now on.
    pub(in crate::client) watch: Vec<CallId>,
    /// When to look again.
    pub(in crate::client) next: Option<Instant>,
}

/// What is to be done about an answered call.
#[derive(Debug)]
pub(in crate::client) struct Answered {
    /// Whoever awaits it, to be woken outside of the lock.
    pub(in crate::client) waker: Option<Waker>,
    /// Its own queue, if that was watched.
    pub(in crate::client) unwatch: Option<String>,
}

/// How far the request of an expired call has come.
#[derive(Debug)]
pub(in crate::client) enum Expiring {
    Unwritten,
    /// The transport has not said.
    Unknown,
    Written(Withdrawal),
}

/// What follows for a call that could not be withdrawn.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) enum GoesOn {
    /// That it was written is all that was waited for.
    Done,
    /// Its own queue is to be watched from now on.
    Watch,
}

/// What follows for calls that were just written.
#[derive(Debug, Default)]
pub(in crate::client) struct Sent {
    /// Calls that wait for nothing more.
    pub(in crate::client) done: Vec<CallId>,
    /// Calls whose own queues are to be watched from now on.
    pub(in crate::client) watch: Vec<CallId>,
    /// Requests of callers that have gone meanwhile.
    pub(in crate::client) withdraw: Vec<Withdrawal>,
    /// Calls whose time is up meanwhile.
    pub(in crate::client) expired: Vec<Unsettled>,
}

/// What came of an insertion.
#[derive(Debug)]
pub(in crate::client) struct Inserted {
    pub(in crate::client) id: CallId,
    /// Whether it is due before all others: the keeper of deadlines must know.
    pub(in crate::client) first_due: bool,
}
