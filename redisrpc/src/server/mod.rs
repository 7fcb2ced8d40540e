//! Serving: one object on one queue.
//!
//! `intake` takes permits and then requests, `run` decides where they run,
//! `dispatch` runs one, `respond` writes replies, a `batch` at a time. `aside` begins
//! and ends what goes on beside that: `herald` says what the server is and does,
//! `shutdown` holds the two ends of stopping.

mod aside;
mod batch;
mod cancel;
mod dispatch;
mod held;
mod herald;
mod intake;
mod keeping;
mod late;
#[cfg(feature = "tower")]
mod layered;
mod lease;
mod logging;
mod outlet;
mod progress;
mod recovery;
mod respond;
mod run;
mod shutdown;
mod stats;
mod step;

use std::{fmt, future::Future, num::NonZeroUsize, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, join_all};

#[cfg(feature = "tower")]
pub use self::layered::{Handler, ServerReply, ServerRequest};
pub use self::shutdown::{ServerHandle, terminated};
pub use self::step::SteppedServer;
use self::{held::Held, lease::Recovery, shutdown::StopSignal};
use crate::{
    broker::Broker, error::Error, messages::MessageLog, service::Service, transport::List,
    wire::names,
};

/// Serves one object on one queue.
///
/// Any number of servers may serve one queue, in any number of processes: each
/// request goes to one of them. One broker carries any number of servers.
///
/// While it runs, a server says several times a minute that it lives, what it serves
/// and what it has done, and answers `redisrpc.ping`, `redisrpc.describe` and
/// `redisrpc.stats`: see [`discovery`](crate::discovery).
///
/// A method is begun where its request was taken, so that quick ones cost no task.
/// One that waits goes on in a task of its own; on a runtime with several threads,
/// methods that keep a thread busy for more than some 20 µs become tasks at once.
/// A server takes no more at a time than it is likely to begin within a millisecond.
///
/// # Examples
///
/// ```
/// use redisrpc::{Broker, Server};
///
/// struct Calculator(f64);
///
/// #[redisrpc::service]
/// impl Calculator {
///     /// Adds `number` to the accumulator and returns it.
///     pub fn add(&mut self, number: f64) -> f64 {
///         self.0 += number;
///         self.0
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let broker = Broker::connect("memory://server-example").await?;
/// let server = Server::new(&broker, "calc", Calculator(0.0));
/// let handle = server.handle();
/// let running = tokio::spawn(server.run());
///
/// assert_eq!(CalculatorClient::new(&broker, "calc").add(5.0).await?, 5.0);
///
/// handle.shutdown();
/// running.await.expect("the server does not panic")?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it is `run`"]
pub struct Server {
    broker: Broker,
    queue: String,
    service: Box<dyn Held>,
    options: Options,
    stop: StopSignal,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("queue", &self.queue)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What can be set on a server.
#[derive(Debug, Clone)]
struct Options {
    concurrency: NonZeroUsize,
    shards: NonZeroUsize,
    drain_timeout: Duration,
    flush_on_start: bool,
    max_request_bytes: usize,
    max_queue_time: Option<Duration>,
    delivery: Delivery,
    recovery: Recovery,
    messages: MessageLog,
    #[cfg(feature = "tower")]
    layers: layered::Layers,
}

/// What becomes of requests that a server has taken when it dies.
///
/// The whole of what is promised when something breaks is told in the
/// [guide](crate::guide::delivery).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// They are lost, and their callers wait for their deadline. What the old
    /// servers did, and the fastest.
    AtMostOnce,
    /// They are kept in Redis while they are in progress, and another server answers
    /// them `interrupted`. Calls that are [idempotent](macro@crate::service) run
    /// again instead: three times at most.
    #[default]
    Reported,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::new(256).expect("256 is not zero"),
            shards: NonZeroUsize::MIN,
            drain_timeout: Duration::from_secs(25),
            flush_on_start: false,
            max_request_bytes: 16 * 1024 * 1024,
            max_queue_time: None,
            delivery: Delivery::default(),
            recovery: Recovery::within(Duration::from_secs(30)),
            messages: MessageLog::default(),
            #[cfg(feature = "tower")]
            layers: layered::Layers::default(),
        }
    }
}

impl Server {
    /// A server of `service` on `queue`. Nothing happens until it is
    /// [`run`](Self::run).
    pub fn new(broker: &Broker, queue: impl Into<String>, service: impl Service) -> Self {
        Self {
            broker: broker.clone(),
            queue: queue.into(),
            service: held::hold(service),
            options: Options::default(),
            stop: StopSignal::new(),
        }
    }

    /// Most requests in progress at once. Default 256; 0 is taken as 1.
    ///
    /// No more are ever taken from the queue than can be started at once, so that
    /// a busy server leaves work to others. A service with a `&mut self` method
    /// always runs one request at a time, in queue order.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.options.concurrency = NonZeroUsize::new(concurrency).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// How many queues to serve. Default 1; 0 is taken as 1.
    ///
    /// One queue is at one node of a Redis Cluster, however many there are. With
    /// several, `calc`, `calc#1`, `calc#2` and so on, the calls of one service spread
    /// over the nodes, if clients have as many: see
    /// [`Client::shards`](crate::Client::shards). Each queue has its share of the
    /// [concurrency](Self::concurrency), one at least; old clients know the first.
    /// All servers of a service should have the same number: to have more, tell the
    /// servers first and then the clients; to have fewer, the clients first.
    pub fn shards(mut self, shards: usize) -> Self {
        self.options.shards = NonZeroUsize::new(shards).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// How long a server that is shutting down waits for the requests in
    /// progress. Default 25 s. What is still running then is stopped, and its
    /// callers get an `interrupted` exception.
    pub fn drain_timeout(mut self, drain_timeout: Duration) -> Self {
        self.options.drain_timeout = drain_timeout;
        self
    }

    /// Deletes the queue before serving, as the old servers did. Default no.
    ///
    /// This destroys the calls that wait in it, those of other servers' callers
    /// included: they time out. Where Redis' users may not delete it, the server
    /// does not serve what it should have deleted: its `run` ends with the refusal.
    pub fn flush_on_start(mut self, flush: bool) -> Self {
        self.options.flush_on_start = flush;
        self
    }

    /// Largest request accepted, in bytes. Default 16 MiB. A larger one is
    /// answered with an exception, its arguments unread.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.options.max_request_bytes = bytes;
        self
    }

    /// Longest time a request may have waited in the queue. Default: any.
    ///
    /// One that waited longer is answered `overloaded` without being run: a server
    /// that has fallen behind catches up, and callers hear of it long before their
    /// time is up. Only requests of native callers say when they were made, and one
    /// that ran on a server that died is run again however long ago that was.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use redisrpc::{Broker, Server};
    /// # struct Plain;
    /// # #[redisrpc::service]
    /// # impl Plain { pub fn one(&self) -> u32 { 1 } }
    /// # async fn serve(broker: Broker) -> Result<(), redisrpc::Error> {
    /// let server = Server::new(&broker, "plain", Plain).max_queue_time(Duration::from_secs(2));
    /// server.run().await
    /// # }
    /// ```
    pub fn max_queue_time(mut self, time: Duration) -> Self {
        self.options.max_queue_time = Some(time);
        self
    }

    /// What becomes of requests that were taken when the server dies. Default
    /// [`Delivery::Reported`].
    ///
    /// The in-process broker (`memory://`) ends with its servers, and keeps nothing.
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.options.delivery = delivery;
        self
    }

    /// Time within which the calls of a server that died are answered by another
    /// one. Default 30 s; 2 s at least. All servers of a queue should have the same.
    ///
    /// A server says that it lives twelve times in this time. One that is silent for
    /// half of it may be taken for dead: so may one whose only thread is kept busy for
    /// as long by a method. Mark such methods `blocking`.
    pub fn recovery_time(mut self, time: Duration) -> Self {
        self.options.recovery = Recovery::within(time);
        self
    }

    /// A handle that can stop the server while it runs.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.stop.handle()
    }

    /// Serves until [`ServerHandle::shutdown`] is called.
    ///
    /// Loses its connection, finds it again, and goes on; a request that is not
    /// one, a method that panics or an argument of the wrong type end nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a queue name that is not valid, and
    /// [`Error::Transport`] if Redis refuses to [flush](Self::flush_on_start) the
    /// queue. Nothing else: a server whose broker is gone waits for it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the server at once: what it was running is
    /// answered `interrupted`; requests it was just taking are answered by another
    /// server, or, where they are delivered at most once, lost. A handle loses none.
    pub async fn run(self) -> Result<(), Error> {
        self.serve().await
    }

    /// Boxed, so that it is compiled once, here, and not again in each crate that serves.
    fn serve(self) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let shards = self.options.shards;
            let queues = (0..shards.get()).map(|number| names::shard(&self.queue, number));
            let queues: Vec<_> = queues.collect();
            for queue in &queues {
                self.broker.check_queue(queue)?;
            }
            let share = self.options.concurrency.get() / shards;
            let options = Options {
                concurrency: NonZeroUsize::new(share).unwrap_or(NonZeroUsize::MIN),
                ..self.options
            };
            let intakes = queues.into_iter().map(|queue| {
                let intake = intake::Intake {
                    transport: Arc::clone(self.broker.transport()),
                    queue: List::from(queue),
                    options: options.clone(),
                    stop: self.stop.clone(),
                };
                self.service.run(intake)
            });
            let served = join_all(intakes)
                .await
                .into_iter()
                .collect::<Result<(), _>>();
            served.map_err(Error::Transport)
        })
    }

    /// Serves until `signal` resolves, then shuts down as
    /// [`ServerHandle::shutdown`] does. See [`terminated`] for a signal.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run).
    pub async fn run_until(self, signal: impl Future) -> Result<(), Error> {
        let handle = self.handle();
        let run = self.run();
        tokio::pin!(run);
        tokio::select! {
            ended = &mut run => ended,
            _ = signal => {
                handle.shutdown();
                run.await
            }
        }
    }

    /// The same server, to be run step by step by a loop of the program's own.
    ///
    /// ```
    /// # struct Plain;
    /// # #[redisrpc::service]
    /// # impl Plain { pub fn one(&self) -> u32 { 1 } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://stepped-example").await?;
    /// let mut server = redisrpc::Server::new(&broker, "plain", Plain).stepped()?;
    /// let mut call = PlainClient::new(&broker, "plain").one().into_future();
    /// let answer = loop {
    ///     match call.try_get() {
    ///         Some(answer) => break answer?,
    ///         None => server.step().await?, // not yet: there is time for other things
    ///     };
    ///     # tokio::task::yield_now().await;
    /// };
    /// assert_eq!(answer, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a queue name that is not valid, and for several
    /// [shards](Self::shards).
    pub fn stepped(self) -> Result<SteppedServer, Error> {
        SteppedServer::new(&self)
    }

    /// [`run`](Self::run) for programs without a runtime: blocks this thread.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and [`Error::Invalid`] inside of a runtime.
    #[cfg(feature = "blocking")]
    pub fn run_blocking(self) -> Result<(), Error> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::Invalid(
                "`run_blocking` was called inside of a runtime; use `run().await`".into(),
            ));
        }
        let runtime = Arc::clone(self.broker.runtime());
        runtime.handle().block_on(self.run())
    }
}
