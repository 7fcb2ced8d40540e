//! The handle everything else is made from.

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::runtime::Handle;

use crate::{
    error::Error,
    transport::{self, Transport, polling::Polling},
};

/// A connection to the broker that clients and servers share. Cheap to clone.
///
/// All stubs and servers made from one `Broker` write through one connection;
/// all its stubs together take their replies on a second one, and each server
/// waits for requests on one of its own.
///
/// | address | broker |
/// |---|---|
/// | `redis://[[user]:password@]host[:port][/db]` | Redis 7.0 or newer, or Valkey, over TCP |
/// | `redis+unix:///path/to/socket?db=0` | the same over a unix socket |
/// | `memory://name` | inside this process: for examples and tests, no Redis needed |
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
    runtime: Handle,
    /// What all clients of this broker share, made by the first. Of no type
    /// here, because the client stands on a floor above.
    client: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Held for as long as the tasks above need it: dropped last.
    #[cfg(feature = "blocking")]
    background: Option<Arc<Background>>,
}

/// A runtime of the broker's own, for programs that have none.
#[cfg(feature = "blocking")]
struct Background(Option<tokio::runtime::Runtime>);

#[cfg(feature = "blocking")]
impl Background {
    fn start() -> Result<Self, Error> {
        if Handle::try_current().is_ok() {
            return Err(Error::Invalid(
                "`connect_blocking` was called inside of a runtime; use `connect(…).await`".into(),
            ));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("redisrpc")
            .enable_all()
            .build()
            .map_err(|error| Error::Invalid(format!("no thread for the broker: {error}")))?;
        Ok(Self(Some(runtime)))
    }

    fn handle(&self) -> Handle {
        let runtime = self.0.as_ref();
        runtime.expect("it is there until dropped").handle().clone()
    }
}

#[cfg(feature = "blocking")]
impl Drop for Background {
    // Without waiting: the last handle may be dropped by a task of this runtime.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
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
        Ok(Self {
            shared: Arc::new(Shared {
                transport: transport::connect(url.as_ref()).await?,
                runtime: Handle::current(),
                client: OnceLock::new(),
                #[cfg(feature = "blocking")]
                background: None,
            }),
        })
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
        let background = Background::start()?;
        let runtime = background.handle();
        let transport = runtime.block_on(transport::connect(url.as_ref()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                transport,
                runtime,
                client: OnceLock::new(),
                background: Some(Arc::new(background)),
            }),
        })
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
        Self {
            shared: Arc::new(Shared {
                transport,
                runtime: self.shared.runtime.clone(),
                client: OnceLock::new(),
                #[cfg(feature = "blocking")]
                background: self.shared.background.clone(),
            }),
        }
    }

    pub(crate) fn transport(&self) -> &Arc<dyn Transport> {
        &self.shared.transport
    }

    pub(crate) fn runtime(&self) -> &Handle {
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
