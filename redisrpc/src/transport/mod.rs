//! Lists that outlive processes: what endpoints ask of a broker.
//!
//! [`Transport`] is the contract, written down once and tested once (`contract`),
//! for Redis and for the in-process broker alike. Endpoints know nothing else of
//! either.
//!
//! **Order.** A list is first in, first out. Messages of one `push` keep their
//! order within a list; so do consecutive pushes.
//!
//! **Blocking.** Only a [`Popper`] blocks, each on a connection of its own; so has
//! each [`Pusher`]. Everything else shares one connection and answers at once.
//!
//! **Cancel safety.** Dropping a `pop` may destroy what it had taken, unless that is
//! kept: it must be driven to its end, and ended early only by [`Interrupt`]. Dropping any other
//! future loses only its answer; a push may then have been made or not.
//!
//! **Loss.** An error that [may have been sent] says nothing about whether the
//! message arrived; any other says that it did not. Nothing is sent twice.
//!
//! [may have been sent]: TransportError::may_have_been_sent

pub(crate) mod address;
#[cfg(feature = "cli")]
pub(crate) mod admin;
pub(crate) mod gather;
pub(crate) mod keeper;
pub(crate) mod memory;
pub(crate) mod polling;
pub(crate) mod redis;
pub(crate) mod registry;

#[cfg(test)]
mod contract;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

pub(crate) use self::address::Address;
use self::{
    keeper::{Done, Keeper},
    registry::Registry,
};
use crate::{
    deadline::Clock,
    error::{Error, TransportError},
};

/// The name of a list, shared by all that use it.
pub(crate) type List = Arc<str>;

/// One message for one list.
#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) list: List,
    pub(crate) message: Bytes,
    /// How long the list may stand unread from now on; `None` for ever.
    pub(crate) expire: Option<Duration>,
}

/// What leaves in one write.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Write<'a> {
    pub(crate) pushes: &'a [Push],
    /// After the pushes, whatever comes of them.
    pub(crate) done: Option<&'a Done>,
}

impl<'a> Write<'a> {
    /// Messages, and nothing else.
    pub(crate) fn of(pushes: &'a [Push]) -> Self {
        Self { pushes, done: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pushes.is_empty() && self.done.is_none_or(Done::is_empty)
    }
}

/// What came of a write.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Written {
    pub(crate) refused: Refused,
    /// How long lists have become, each told of the last message for it.
    pub(crate) lengths: Vec<(usize, u64)>,
    /// Why what is done was not noted, if it was not.
    pub(crate) undone: Option<TransportError>,
}

/// The messages of a batch that the broker refused, by index, and why; of several
/// servers, also those that it [may have taken](TransportError::may_have_been_sent)
/// all the same.
pub(crate) type Refused = Vec<(usize, TransportError)>;

/// What came of taking from one list.
pub(crate) type Taken = Result<Vec<Bytes>, TransportError>;

/// Something happened to lists that are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// This list changed; it is no longer watched.
    Changed(String),
    /// The connection was renewed: nothing is watched any more.
    Forgotten,
}

/// A broker of lists.
pub(crate) trait Transport: Send + Sync + fmt::Debug {
    /// The broker's clock.
    fn clock(&self) -> &Clock;

    /// Checks the name of a queue, which is valid as such.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when this broker cannot have a queue of this name.
    fn check_queue(&self, _queue: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Asks the broker for its time, for the [clock](Self::clock).
    fn ask_time(&self) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Appends the messages to their lists, in one write.
    fn push<'a>(&'a self, batch: &'a [Push]) -> BoxFuture<'a, Result<Written, TransportError>>;

    /// Takes messages back out of lists. Says of each whether it was found; a
    /// very long list is searched only at its ends.
    fn withdraw<'a>(
        &'a self,
        batch: &'a [(List, Bytes)],
    ) -> BoxFuture<'a, Result<Vec<bool>, TransportError>>;

    /// Watches lists: says which hold something now. For each other one, a
    /// [`Notice`] follows when it changes.
    fn watch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<bool>, TransportError>>;

    /// Deletes lists and ends the watch over them. A last notice may come of that.
    fn unwatch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Takes up to `max` messages of each list, without blocking.
    fn take<'a>(
        &'a self,
        lists: &'a [List],
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<Taken>, TransportError>>;

    /// Deletes lists with all they hold.
    fn delete<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Where notices of watched lists go from now on, beside those named before.
    fn notify(&self, notices: mpsc::UnboundedSender<Notice>);

    /// What keeps requests while they are in progress; `None` where the broker ends
    /// with those who use it.
    fn keeper(&self) -> Option<&dyn Keeper>;

    /// What can be asked any command; `None` where there is no Redis.
    #[cfg(feature = "cli")]
    fn admin(&self) -> Option<&dyn admin::Admin> {
        None
    }

    /// What knows the servers there are.
    fn registry(&self) -> &dyn Registry;

    /// A connection for pushes alone, with one user. `role` names it for those who
    /// look at Redis' list of clients.
    fn pusher(&self, role: &str) -> Box<dyn Pusher>;

    /// A connection for blocking pops. `role` names it for those who look at
    /// Redis' list of clients.
    fn popper(&self, role: &str) -> Box<dyn Popper>;
}

/// One connection that pushes.
pub(crate) trait Pusher: Send + fmt::Debug {
    /// Appends the messages to their lists, as [`Transport::push`] does, and then
    /// notes what is done.
    fn write<'a>(&'a mut self, write: Write<'a>) -> BoxFuture<'a, Result<Written, TransportError>>;
}

/// What one pop is to take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pop<'a> {
    /// The lists, the first that holds something to be served.
    pub(crate) lists: &'a [List],
    /// Most messages.
    pub(crate) max: usize,
    /// Longest wait for the first of them.
    pub(crate) wait: Duration,
    /// Where they are kept until they are [done](Done) with; there is then one list
    /// to pop, and a [`Keeper`].
    pub(crate) keep: Option<&'a List>,
}

/// Told what came of the write before a pop, as soon as that is known.
pub(crate) type Pushed<'a> = &'a mut (dyn FnMut(Result<Written, TransportError>) + Send);

/// One connection that blocks until lists hold something.
pub(crate) trait Popper: Send + fmt::Debug {
    /// Makes the write, as [`Pusher::write`] does, and then takes messages of the
    /// first list that holds any. Nothing after the wait, or when interrupted.
    ///
    /// Both leave together. `pushed` is told once, unless the write is empty,
    /// before the pop begins to wait.
    fn push_and_pop<'a>(
        &'a mut self,
        write: Write<'a>,
        pushed: Pushed<'a>,
        pop: Pop<'a>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>>;

    /// A handle that ends this connection's pops early.
    fn interrupt(&self) -> Arc<dyn Interrupt>;
}

/// Ends a blocking pop early without losing what it may have taken.
pub(crate) trait Interrupt: Send + Sync + fmt::Debug {
    /// Makes the pop that is blocked now, or else the next, return at once.
    fn interrupt(&self) -> BoxFuture<'_, ()>;
}

impl dyn Interrupt + '_ {
    /// Ends this pop early, and yields what it has taken all the same.
    pub(crate) async fn end<T>(&self, pop: impl Future<Output = T>) -> T {
        tokio::pin!(pop);
        tokio::select! {
            popped = &mut pop => popped,
            () = self.interrupt() => pop.await,
        }
    }
}

/// Connects to the broker at this address. Boxed, so that it is compiled once, here,
/// and not again in each crate that connects.
///
/// # Errors
///
/// [`Error::Invalid`] for an address that is none, [`Error::Transport`] when the
/// broker cannot be reached.
pub(crate) fn connect(address: Address) -> BoxFuture<'static, Result<Arc<dyn Transport>, Error>> {
    Box::pin(connect_to(address))
}

async fn connect_to(address: Address) -> Result<Arc<dyn Transport>, Error> {
    let (scheme, rest) = address.scheme_and_rest().ok_or_else(|| {
        Error::Invalid(
            "the broker's address has no scheme; write it as redis://host:port/db".to_owned(),
        )
    })?;
    match scheme {
        "memory" => Ok(memory::Memory::named(rest)),
        "redis" | "rediss" | "redis+unix" | "unix" | "valkey" | "valkeys" | "valkey+unix"
        | "redis+sentinel" | "rediss+sentinel" | "valkey+sentinel" | "valkeys+sentinel" => {
            Ok(redis::Redis::connect(&address).await?)
        }
        "redis+cluster" | "rediss+cluster" | "valkey+cluster" | "valkeys+cluster" => {
            Ok(redis::Cluster::connect(&address).await?)
        }
        other => Err(Error::Invalid(format!(
            "the broker's address has the scheme `{other}`; expected `redis`, `rediss`, \
             `redis+unix`, `redis+sentinel`, `redis+cluster` or `memory`"
        ))),
    }
}

/// How long to wait before trying again: 50 ms, doubling up to 2 s, of which a
/// random half, so that many peers do not return in step.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(2);

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        let full = Self::FIRST
            .saturating_mul(1 << self.failures.min(10))
            .min(Self::LONGEST);
        self.failures += 1;
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        full / 2 + full / 2 * (random >> 16) / (1 << 16)
    }
}
