//! Which servers there are, as they say themselves.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::List;
use crate::{error::TransportError, wire::names};

/// A server as the others know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) queue: List,
    /// Its name, which no other server has and none will have.
    pub(crate) id: Arc<str>,
    /// How many lists it may keep requests in.
    pub(crate) lists: usize,
}

impl Holder {
    /// One of the lists it keeps requests in.
    pub(crate) fn list(&self, number: usize) -> List {
        List::from(names::in_progress(&self.queue, &self.id, number))
    }
}

/// What a server hears when it says that it lives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Whether it was known: one that was and is not has been struck off the list by
    /// others.
    pub(crate) was_known: bool,
    /// What it was told to do meanwhile.
    pub(crate) orders: Vec<Bytes>,
}

/// How long queues are remembered that nobody serves any more.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long an order waits for its server.
pub(crate) const ORDERED: Duration = Duration::from_secs(60);

/// Most orders heard at a time.
pub(crate) const MOST_ORDERS: usize = 16;

/// The name of a server that lives, and what it says about itself.
pub(crate) type Live = (Arc<str>, Bytes);

/// Knows the servers of each queue.
pub(crate) trait Registry: Send + Sync + fmt::Debug {
    /// Says that this server lives, and will for so long, and what it is.
    fn beat<'a>(
        &'a self,
        server: &'a Holder,
        lease: Duration,
        about: &'a [u8],
    ) -> BoxFuture<'a, Result<Heard, TransportError>>;

    /// Strikes off a server that keeps nothing any more.
    fn leave<'a>(&'a self, server: &'a Holder) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Says that the queue is served.
    fn enlist<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<(), TransportError>>;

    /// The queues that were served not long ago.
    fn queues(&self) -> BoxFuture<'_, Result<Vec<String>, TransportError>>;

    /// The servers of a queue that live, each with what it says about itself.
    fn servers<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Live>, TransportError>>;

    /// Whether any server of the queue lives.
    fn is_served<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<bool, TransportError>>;

    /// Tells a server to do something.
    fn order<'a>(
        &'a self,
        queue: &'a List,
        server: &'a str,
        order: &'a str,
    ) -> BoxFuture<'a, Result<(), TransportError>>;
}
