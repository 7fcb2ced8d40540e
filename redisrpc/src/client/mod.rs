//! Calling: the client handle, and the engine that all clients of a broker share.
//!
//! A call waits in `outbound`, leaves by `outbox`, its reply is taken by `replies`
//! (native servers) or `own_queues` (old ones), its deadline kept by `expiry`;
//! `pending` is the table they meet in. `call` is what a stub returns, `outgoing` what becomes of it
//! when it is made, `answer` what it yields.

mod answer;
#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod dynamic;
mod expiry;
mod outbound;
mod outbox;
mod outgoing;
mod own_queues;
mod pending;
mod queue;
mod replies;

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

pub use self::{
    call::{Call, CallFuture, OnewayCall, OnewayFuture},
    dynamic::{DynamicCall, DynamicFuture},
    outgoing::StubCall,
};
use self::{
    outbound::Tell,
    pending::{CallId, Outcome, Pending, Withdrawal},
    queue::Queue,
};
use crate::{
    broker::{Broker, Runtime},
    error::Error,
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
    queue: Arc<Queue>,
    /// Set when the queue's name is not valid: every call then says so.
    invalid: Option<Error>,
    timeout: Duration,
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
            engine,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Longest time a call may take, unless its method or the call itself says
    /// otherwise. Default 10 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
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
    _runtime: Arc<Runtime>,
}

/// What the handles and the tasks share.
struct Shared {
    transport: Arc<dyn Transport>,
    /// This process' part of its reply lists' names.
    client: String,
    queues: Mutex<HashMap<String, Arc<Queue>>>,
    pending: Mutex<Pending>,
    /// Calls whose time is up.
    expired: mpsc::UnboundedSender<expiry::Expired>,
    /// Requests of dropped calls, to be taken back out of their queues.
    withdrawals: mpsc::UnboundedSender<Withdrawal>,
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
        let (expired, to_settle) = mpsc::unbounded_channel();
        let (withdrawals, withdrawn) = mpsc::unbounded_channel();
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
            expired,
            withdrawals,
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
        ];
        Arc::new(Self {
            shared,
            tasks: tasks.iter().map(|task| task.abort_handle()).collect(),
            _runtime: Arc::clone(broker.runtime()),
        })
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
