//! Which services there are, who serves them, and how they fare.
//!
//! Every server says several times a minute that it lives, and what it is: Redis
//! forgets one that falls silent. [`Discovery`] reads what they say. Beside that,
//! every server answers three methods of its own, to old callers too:
//!
//! | method | returns |
//! |---|---|
//! | `redisrpc.ping` | which server answered: a [`Pong`] |
//! | `redisrpc.describe` | the service's [contract](crate::contract::Contract) |
//! | `redisrpc.stats` | the [`ServerInfo`] of the server that answered |
//!
//! What such a method is given as arguments is not looked at. Services cannot have
//! methods whose names begin with `redisrpc.`.
//!
//! ```
//! use redisrpc::{Broker, Client, Server, discovery::Discovery};
//!
//! struct Clock;
//!
//! #[redisrpc::service]
//! impl Clock {
//!     /// The hour.
//!     pub fn hour(&self) -> u32 {
//!         12
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), redisrpc::Error> {
//! let broker = Broker::connect("memory://discovery-example").await?;
//! tokio::spawn(Server::new(&broker, "clock", Clock).run());
//!
//! // Which server is there, and what can it do?
//! let clock = Client::new(&broker, "clock");
//! assert_eq!(clock.ping().await?.service, "Clock");
//! assert_eq!(clock.describe().await?.methods[0].name, "hour");
//! // Does it still fit the stubs of this program?
//! clock.check(ClockClient::DESCRIPTOR).await?;
//!
//! // Who serves what?
//! let discovery = Discovery::new(&broker);
//! assert_eq!(discovery.queues().await?, ["clock"]);
//! assert_eq!(discovery.servers("clock").await?.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # In Redis
//!
//! For a queue `calc`, and a server with the name `c0ffee`:
//!
//! | key | what | expires |
//! |---|---|---|
//! | `redisrpc:queues` | sorted set: the queues, and when each was served last, in milliseconds of Redis' time | a week after the last was |
//! | `redisrpc:{calc}:servers` | hash: the names of its servers | a week after the last beat |
//! | `redisrpc:{calc}:beat:c0ffee` | what the server says about itself, as JSON | if it falls silent for a third of its [`recovery_time`](crate::Server::recovery_time) |
//! | `redisrpc:{calc}:orders:c0ffee` | list: `quiet`, `resume` or `stop`, which it does with its next beat | after a minute |

mod histogram;
mod info;

use std::sync::Arc;

pub use self::{
    histogram::Histogram,
    info::{MethodStats, Pong, ServerInfo, State},
};
use crate::{
    broker::Broker,
    error::Error,
    transport::{List, Transport},
};

/// Reads what servers say about themselves. Cheap to make and to clone.
///
/// Servers of the old RedisRPC say nothing, and are not found.
#[derive(Debug, Clone)]
pub struct Discovery {
    transport: Arc<dyn Transport>,
}

/// What a server can be told by [`Discovery::order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// To take no more requests, and to go on living.
    Quiet,
    /// To take requests again.
    Resume,
    /// To stop, as [`ServerHandle::shutdown`](crate::ServerHandle::shutdown) does.
    Stop,
}

impl Order {
    /// The order as it is written in Redis.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Resume => "resume",
            Self::Stop => "stop",
        }
    }

    /// The order that is written so; `None` for what is none.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let orders = [Self::Quiet, Self::Resume, Self::Stop];
        orders
            .into_iter()
            .find(|order| order.as_str().as_bytes() == text)
    }
}

impl Discovery {
    /// Discovery of what is served through this broker.
    #[must_use]
    pub fn new(broker: &Broker) -> Self {
        Self {
            transport: Arc::clone(broker.transport()),
        }
    }

    /// The queues that are served, or were within the last week, in the order of
    /// their names.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when the broker does not answer or forbids the question.
    pub async fn queues(&self) -> Result<Vec<String>, Error> {
        let queues = self.transport.registry().queues().await;
        queues.map_err(Error::Transport)
    }

    /// The servers of a queue that live, the oldest first. What they say of their
    /// work is as old as their last beat: up to a twelfth of their recovery time.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when the broker does not answer or forbids the question.
    pub async fn servers(&self, queue: &str) -> Result<Vec<ServerInfo>, Error> {
        let queue = List::from(queue);
        let servers = self.transport.registry().servers(&queue).await;
        let servers = servers.map_err(Error::Transport)?;
        // What another version says in words that this one does not know is left out.
        let known = servers.iter();
        let known = known.filter_map(|(_, about)| serde_json::from_slice(about).ok());
        let mut known: Vec<ServerInfo> = known.collect();
        known.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
        Ok(known)
    }

    /// Tells a server what to do. It does so with its next beat, which comes within
    /// a twelfth of its recovery time: 2.5 s, unless something else was set.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when no server of this name lives, [`Error::Transport`]
    /// when the broker does not answer or forbids it.
    pub async fn order(&self, queue: &str, server: &str, order: Order) -> Result<(), Error> {
        let live = self.servers(queue).await?;
        if !live.iter().any(|it| it.id == server) {
            return Err(Error::Invalid(format!(
                "no server {server:?} serves the queue {queue:?}; its servers have other names now"
            )));
        }
        let queue = List::from(queue);
        let told = self.transport.registry();
        let told = told.order(&queue, server, order.as_str()).await;
        told.map_err(Error::Transport)
    }
}
