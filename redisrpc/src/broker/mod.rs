//! The handle everything else is made from.

mod builder;
mod runtime;

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

pub use self::builder::BrokerBuilder;
pub(crate) use self::runtime::{Runtime, let_others_run};
use crate::{
    error::Error,
    transport::{Transport, polling::Polling},
    wire::names,
};

/// A connection to the broker that clients and servers share. Cheap to clone.
///
/// All stubs made from one `Broker` together use one connection on which they wait
/// for replies and one to call on meanwhile; each server has the same two for
/// requests and replies; a fifth, shared by all, is for the rest. However many
/// calls are in flight, there are no more.
///
/// | address | broker |
/// |---|---|
/// | `redis://[[user]:password@]host[:port][/db]` | Redis 7.0 or newer, or Valkey, over TCP |
/// | `rediss://[[user]:password@]host[:port][/db]` | the same, encrypted: feature `tls`; [`builder`](Self::builder) takes certificates |
/// | `redis+unix:///path/to/socket?db=0` | Redis over a unix socket |
/// | `redis+sentinel://[[user]:password@]host[:port][,…]/name[/db]` | the master of this name, wherever the sentinels say that it is; log in at them by `?sentinelUsername=…&sentinelPassword=…`; `rediss+sentinel` with TLS |
/// | `redis+cluster://[[user]:password@]host[:port][,…]` | a Redis Cluster of which these are some nodes; `rediss+cluster` with TLS |
/// | `memory://name` | inside this process: for examples and tests, no Redis needed |
///
/// With a cluster there are as many to each node that is used. A service has one
/// queue, at one node; [`shards`](crate::Server::shards) spread it. While a slot is
/// on its way to another node, its calls wait. Names of queues hold no braces, and
/// old clients and servers need a Redis library that knows clusters.
///
/// Lost connections are renewed without being asked: servers keep trying for
/// ever, calls until their deadline.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let broker = redisrpc::Broker::connect("memory://broker-example").await?;
/// let client = redisrpc::Client::new(&broker, "calc");
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Broker {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Arc<dyn Transport>,
    /// Where tasks run: stubs may be made outside of the runtime.
    runtime: Arc<Runtime>,
    /// What all clients of this broker share, made by the first. Of no type
    /// here, because the client stands on a floor above.
    client: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Broker {
    /// Connects to the broker at `url`.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the address is none or the server is too old,
    /// [`Error::Transport`] when it cannot be reached now.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime with its timer and I/O enabled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection attempt.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).connect().await
    }

    /// Connects to the broker at `url` from a program without a runtime: the
    /// broker brings its own, with one thread.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and [`Error::Invalid`] inside of a runtime
    /// or when the system gives no thread.
    #[cfg(feature = "blocking")]
    pub fn connect_blocking(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).connect_blocking()
    }

    /// A broker at `url` that needs more than its address: certificates for TLS.
    pub fn builder(url: impl AsRef<str>) -> BrokerBuilder {
        BrokerBuilder::new(url.as_ref())
    }

    fn on(transport: Arc<dyn Transport>, runtime: Arc<Runtime>) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport,
                runtime,
                client: OnceLock::new(),
            }),
        }
    }

    /// The same broker without connections that block: everything goes over the
    /// shared one, and lists are looked at every `interval` while calls wait or
    /// servers serve.
    ///
    /// For programs that may have one connection only. It costs Redis a command
    /// per interval and a call up to an interval each way.
    #[must_use]
    pub fn polling(&self, interval: Duration) -> Self {
        let transport = Arc::new(Polling::new(Arc::clone(&self.shared.transport), interval));
        Self::on(transport, Arc::clone(&self.shared.runtime))
    }

    /// Checks the name of a queue.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for one that is not valid, or not with this broker.
    pub(crate) fn check_queue(&self, queue: &str) -> Result<(), Error> {
        names::check_queue(queue)?;
        self.shared.transport.check_queue(queue)
    }

    pub(crate) fn transport(&self) -> &Arc<dyn Transport> {
        &self.shared.transport
    }

    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.shared.runtime
    }

    /// What all clients of this broker share, made by `make` for the first.
    pub(crate) fn client_engine<T: Send + Sync + 'static>(
        &self,
        make: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        let engine = self.shared.client.get_or_init(|| make() as _);
        Arc::clone(engine)
            .downcast()
            .expect("the client engine is the only thing kept here")
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("transport", &self.shared.transport)
            .finish_non_exhaustive()
    }
}
