//! Requests in progress, kept by the broker so that they outlive their server.
//!
//! A server moves what it takes from its queue into a list of its own, one list
//! each time, and deletes that when the last request in it is answered. It says at
//! intervals that it lives. The lists of one that has fallen silent are taken over
//! by the others: they release each request from its list, run again or not.

use std::{collections::BTreeSet, fmt};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{List, Taken, registry::Holder};
use crate::error::TransportError;

/// Requests that are done with, to be noted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// Lists of which nothing is in progress any more, and whether any of it was
    /// noted by its place.
    pub(crate) over: Vec<(List, bool)>,
    /// Those of other lists that must not run again, by their places there.
    pub(crate) some: Vec<(List, Vec<usize>)>,
}

impl Done {
    pub(crate) fn is_empty(&self) -> bool {
        self.over.is_empty() && self.some.is_empty()
    }

    /// One of the lists; they are all beside one queue.
    pub(crate) fn list(&self) -> Option<&List> {
        self.over
            .first()
            .map(|(list, _)| list)
            .or_else(|| self.some.first().map(|(list, _)| list))
    }
}

/// What a list keeps.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) messages: Vec<Bytes>,
    /// The places of those that are done with.
    pub(crate) done: BTreeSet<usize>,
}

/// What becomes of the messages of a list that are still in progress.
#[derive(Debug, Default)]
pub(crate) struct Release {
    /// How many messages the list has: another number says that it is not as it was.
    pub(crate) of: usize,
    /// Goes to the head of the queue, in this order.
    pub(crate) again: Vec<Bytes>,
    /// Goes to the dead letters.
    pub(crate) dead: Vec<Bytes>,
}

/// Keeps requests while they are in progress.
pub(crate) trait Keeper: Send + Sync + fmt::Debug {
    /// Moves up to `max` messages from the queue to the list, without blocking.
    fn take<'a>(&'a self, queue: &'a List, max: usize, keep: &'a List) -> BoxFuture<'a, Taken>;

    /// Notes what is done.
    fn done<'a>(&'a self, done: &'a Done) -> BoxFuture<'a, Result<(), TransportError>>;

    /// The servers of this queue that have not left and have not said in time that
    /// they live.
    fn silent<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Holder>, TransportError>>;

    /// What each of these lists keeps.
    fn kept<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<Kept>, TransportError>>;

    /// Deletes a list of a silent server, and does with its messages what is said,
    /// all at once. False if the list was not as it was, or the server lives again.
    fn release<'a>(
        &'a self,
        server: &'a Holder,
        list: &'a List,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<bool, TransportError>>;

    /// Puts messages that were taken back at the head of the queue, in this order,
    /// and notes that they are done with, all at once.
    fn put_back<'a>(
        &'a self,
        queue: &'a List,
        messages: &'a [Bytes],
        done: &'a Done,
    ) -> BoxFuture<'a, Result<(), TransportError>>;
}
