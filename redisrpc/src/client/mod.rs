//! Calling: the client handle, and the engine that all clients of a broker share.
//!
//! A call waits in `outbound`, leaves by `outbox`, its reply is taken by `replies`
//! (native servers) or `own_queues` (old ones), its deadline kept by `expiry`;
//! `pending` is the table they meet in. `call` is what a stub returns, `outgoing` what becomes of it
//! when it is made, `answer` what it yields; `retry` makes it again, `bounds` keep it from being made.

mod answer;
#[cfg(feature = "blocking")]
mod blocking;
mod bounds;
mod call;
mod cancel;
mod credit;
mod discover;
mod dynamic;
mod expiry;
#[cfg(feature = "tower")]
mod layered;
mod lingering;
mod logging;
mod observed;
mod outbound;
mod outbox;
mod outgoing;
mod own_queues;
mod pending;
mod queue;
mod replies;
mod retry;
mod stream;
mod stub;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    task::AbortHandle,
};

#[cfg(fuzzing)]
pub(crate) use self::answer::read_value;
#[cfg(feature = "blocking")]
pub use self::blocking::BlockingStream;
#[cfg(feature = "tower")]
pub use self::layered::{Caller, ClientReply, ClientRequest};
use self::{
    bounds::Bounds,
    outbound::Tell,
    pending::{CallId, Outcome, Pending, Unsettled, Withdrawal},
    queue::{Queue, Shards},
};
pub use self::{
    call::{Call, CallFuture, OnewayCall, OnewayFuture},
    dynamic::{DynamicCall, DynamicFuture},
    retry::Retry,
    stream::StreamCall,
    stub::StubCall,
};
use crate::{
    broker::{Broker, Runtime},
    error::Error,
    messages::MessageLog,
    metadata::Metadata,
    transport::{List, Transport},
    wire::names,
};

/// How long a call may take unless something else is said.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls methods of the service on one queue. Cheap to clone.
///
/// Typed stubs (`CalculatorClient`) are made of one; by itself it calls services
/// one has no definition of.
///
/// ```
/// # #[redisrpc::service]
/// # trait Calculator { async fn add(&self, a: f64, b: f64) -> f64; }
/// # struct Plain;
/// # impl Calculator for Plain { async fn add(&self, a: f64, b: f64) -> f64 { a + b } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// # let broker = redisrpc::Broker::connect("memory://client-example").await?;
/// # let server = redisrpc::Server::new(&broker, "calc", CalculatorService::new(Plain));
/// # tokio::spawn(server.run());
/// let calc = redisrpc::Client::new(&broker, "calc");
/// let sum: f64 = calc.call("add").arg(2.0).named("b", 3.0).returning().await?;
/// assert_eq!(sum, 5.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    engine: Arc<Engine>,
    /// The one that all know.
    queue: Arc<Queue>,
    /// All of them, where there are several.
    shards: Option<Arc<Shards>>,
    /// Set when the queue's name is not valid: every call then says so.
    invalid: Option<Error>,
    timeout: Duration,
    /// `None` where nothing is bounded.
    bounds: Option<Arc<Bounds>>,
    retry: Option<Arc<Retry>>,
    metadata: Option<Arc<Metadata>>,
    /// Whether calls fail at once while nobody serves the queue.
    fail_unserved: bool,
    messages: MessageLog,
    #[cfg(feature = "tower")]
    layers: Option<Arc<layered::Layers>>,
}

impl Client {
    /// A client of the service on this queue. Nothing is sent yet; a name that is
    /// not valid is reported by each call.
    pub fn new(broker: &Broker, queue: impl Into<String>) -> Self {
        let queue = queue.into();
        let engine = broker.client_engine(|| Engine::start(broker));
        Self {
            invalid: broker.check_queue(&queue).err(),
            queue: engine.shared.queue(&queue),
            shards: None,
            engine,
            timeout: DEFAULT_TIMEOUT,
            bounds: None,
            retry: None,
            metadata: None,
            fail_unserved: false,
            messages: MessageLog::default(),
            #[cfg(feature = "tower")]
            layers: None,
        }
    }

    /// Longest time a call may take, unless its method or the call itself says
    /// otherwise. Default 10 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes calls again that fail with what will pass, unless the call itself says
    /// otherwise. Default: none is. See [`Retry`].
    ///
    /// Typed stubs are given it by the client they are made of:
    ///
    /// ```
    /// # #[redisrpc::service]
    /// # trait Calculator { async fn add(&self, a: f64, b: f64) -> f64; }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://client-retry-example").await?;
    /// use redisrpc::{Client, Retry};
    ///
    /// let client = Client::new(&broker, "calc").retry(Retry::new(3));
    /// let calculator = CalculatorClient::from(client);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(Arc::new(retry));
        self
    }

    /// Says this beside the arguments of every call, unless the call itself says
    /// something else under the name. See [`Metadata`].
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let metadata = self.metadata.get_or_insert_default();
        Arc::make_mut(metadata).insert(name, value);
        self
    }

    /// How many queues the service has. Default 1; 0 is taken as 1.
    ///
    /// Calls go to each in turn. Those on one queue stay in the order they were made
    /// in; those on different ones do not. Servers must have
    /// [as many](crate::Server::shards), or more: what goes to a queue nobody serves
    /// times out.
    ///
    /// ```
    /// # #[redisrpc::service]
    /// # trait Calculator { async fn add(&self, a: f64, b: f64) -> f64; }
    /// # struct Plain;
    /// # impl Calculator for Plain { async fn add(&self, a: f64, b: f64) -> f64 { a + b } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let broker = redisrpc::Broker::connect("memory://client-shards-example").await?;
    /// use redisrpc::{Client, Server};
    ///
    /// let server = Server::new(&broker, "calc", CalculatorService::new(Plain)).shards(3);
    /// # tokio::spawn(server.run());
    /// let calculator = CalculatorClient::from(Client::new(&broker, "calc").shards(3));
    /// assert_eq!(calculator.add(2.0, 3.0).await?, 5.0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn shards(mut self, shards: usize) -> Self {
        let names = (0..shards.max(1)).map(|number| names::shard(&self.queue.name, number));
        let queues: Vec<_> = names.map(|name| self.engine.shared.queue(&name)).collect();
        let several = queues.len() > 1;
        self.shards = several.then(|| Arc::new(Shards::new(queues)));
        self
    }

    /// The name of the service's queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue.name
    }

    /// A call of the method with this name, whatever it is.
    pub fn call(&self, method: impl Into<String>) -> DynamicCall {
        DynamicCall::new(self, method.into())
    }
}

/// The tasks behind all clients of one broker; they end when it is dropped.
struct Engine {
    shared: Arc<Shared>,
    tasks: Vec<AbortHandle>,
    /// Kept because the tasks run on it: clients may outlive their broker.
    runtime: Arc<Runtime>,
}

/// What the handles and the tasks share.
struct Shared {
    transport: Arc<dyn Transport>,
    /// This process' part of its reply lists' names.
    client: String,
    queues: Mutex<HashMap<String, Arc<Queue>>>,
    pending: Mutex<Pending>,
    /// Calls that end unless a server has them.
    unsettled: mpsc::UnboundedSender<Unsettled>,
    /// Requests of dropped calls, to be taken back out of their queues.
    withdrawals: mpsc::UnboundedSender<Withdrawal>,
    /// Calls that ended while a server may run them.
    given_up: mpsc::UnboundedSender<Withdrawal>,
    /// Streams of which more is taken.
    credit: mpsc::UnboundedSender<CallId>,
    /// Own queues to be watched, and to be watched no more.
    watch: mpsc::UnboundedSender<own_queues::Request>,
    /// Told when a call is made while none was waiting; `replies` sleeps on it.
    calls: Notify,
    /// Told when a call is made while `replies` blocks; `outbox` sleeps on it.
    to_write: Notify,
    /// Told when a queue is used for the first time; `replies` then pops one more.
    new_queue: Notify,
    /// Told when a call is due before all others; `expiry` sleeps on it.
    due: Notify,
}

impl Engine {
    fn start(broker: &Broker) -> Arc<Self> {
        let transport = Arc::clone(broker.transport());
        let (unsettled, to_settle) = mpsc::unbounded_channel();
        let (withdrawals, withdrawn) = mpsc::unbounded_channel();
        let (given_up, to_tell) = mpsc::unbounded_channel();
        let (credit, more_credit) = mpsc::unbounded_channel();
        let (watch, watched) = mpsc::unbounded_channel();
        let (notify, notices) = mpsc::unbounded_channel();
        transport.notify(notify);
        let client = names::random();
        let popper = transport.popper(&format!("replies:{client}"));
        let pusher = transport.pusher(&format!("calls:{client}"));
        let shared = Arc::new(Shared {
            transport,
            client,
            queues: Mutex::default(),
            pending: Mutex::default(),
            unsettled,
            withdrawals,
            given_up,
            credit,
            watch,
            calls: Notify::new(),
            to_write: Notify::new(),
            new_queue: Notify::new(),
            due: Notify::new(),
        });
        let runtime = broker.runtime().handle();
        let tasks = [
            runtime.spawn(outbox::run(Arc::clone(&shared), pusher)),
            runtime.spawn(replies::run(Arc::clone(&shared), popper)),
            runtime.spawn(own_queues::run(Arc::clone(&shared), watched, notices)),
            runtime.spawn(expiry::keep_deadlines(Arc::clone(&shared))),
            runtime.spawn(expiry::settle(Arc::clone(&shared), to_settle)),
            runtime.spawn(expiry::withdraw(Arc::clone(&shared), withdrawn)),
            runtime.spawn(cancel::tell(Arc::clone(&shared), to_tell)),
            runtime.spawn(credit::tell(Arc::clone(&shared), more_credit)),
        ];
        Arc::new(Self {
            shared,
            tasks: tasks.iter().map(|task| task.abort_handle()).collect(),
            runtime: Arc::clone(broker.runtime()),
        })
    }
}

impl Engine {
    /// Sleeps by the clock of the runtime that the tasks run on: whoever awaits this
    /// may have none.
    async fn sleep(&self, time: Duration) {
        let sleep = {
            let _entered = self.runtime.handle().enter();
            tokio::time::sleep(time)
        };
        sleep.await;
    }
}

impl Drop for Engine {
    // No call is left: each holds the engine. Replies a pop may have taken are
    // for calls nobody waits for, so the tasks can be ended wherever they are.
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("client", &self.shared.client)
            .field("calls", &self.shared.pending().calls())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        lock(&self.pending)
    }

    /// The queue of this name, shared by all clients of it.
    fn queue(&self, name: &str) -> Arc<Queue> {
        let mut queues = lock(&self.queues);
        if let Some(queue) = queues.get(name) {
            return Arc::clone(queue);
        }
        // Those that neither a client nor a call uses any more need no waiting.
        queues.retain(|_, queue| Arc::strong_count(queue) > 1);
        let queue = Arc::new(Queue::new(name, &self.client));
        queues.insert(name.to_owned(), Arc::clone(&queue));
        self.new_queue.notify_one();
        queue
    }

    fn inboxes(&self) -> Vec<List> {
        let queues = lock(&self.queues);
        queues
            .values()
            .map(|queue| Arc::clone(&queue.inbox))
            .collect()
    }

    /// Tells whoever is to write a call of it.
    fn tell(&self, tell: Option<Tell>) {
        match tell {
            Some(Tell::Reader) => self.calls.notify_one(),
            Some(Tell::Writer) => self.to_write.notify_one(),
            None => {}
        }
    }

    /// A call has ended whose request a server may have: its own queue is watched a
    /// while longer. To be said under the table's lock, before a late reply can find
    /// the call gone.
    fn gone(&self, call: &Withdrawal) {
        if call.watched {
            let gone = own_queues::Request::Gone(call.id, call.own_queue());
            let _ = self.watch.send(gone);
        }
    }

    /// A call has ended whose request was not in its queue: servers are told, unless
    /// its reply was never waited for. Such a call is done with when it is written.
    fn give_up(&self, call: Withdrawal) {
        if !call.oneway {
            let _ = self.given_up.send(call);
        }
    }

    /// Nobody will answer these calls, which were gone, any more: a native server has,
    /// or their requests were withdrawn.
    fn late(&self, calls: Vec<CallId>) {
        if !calls.is_empty() {
            let _ = self.watch.send(own_queues::Request::Late(calls));
        }
    }

    /// A call's request was withdrawn: nobody will answer it.
    fn unwatch(&self, call: &Withdrawal) {
        if call.watched {
            let unwatch = own_queues::Request::Unwatch(vec![call.own_queue()]);
            let _ = self.watch.send(unwatch);
        }
    }

    /// Ends calls that old servers answered.
    fn complete_old(&self, outcomes: Vec<(CallId, Outcome)>) {
        let mut pending = self.pending();
        for (id, _) in &outcomes {
            if let Some(queue) = pending.waiting_on(*id) {
                queue.saw_old_reply();
            }
        }
        drop(pending);
        self.complete(outcomes);
    }

    /// Ends calls, then wakes those who await them, outside of the table's lock.
    fn complete(&self, outcomes: impl IntoIterator<Item = (CallId, Outcome)>) {
        let mut pending = self.pending();
        let wakers: Vec<Waker> = outcomes
            .into_iter()
            .filter_map(|(id, outcome)| pending.complete(id, outcome))
            .collect();
        drop(pending);
        wakers.into_iter().for_each(Waker::wake);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
