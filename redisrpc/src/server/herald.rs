//! What a server says about itself: to the broker with each beat, and to whoever
//! asks it.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redisrpc_contract::Contract;

use super::{Delivery, Options, shutdown::StopSignal, stats::Stats};
use crate::{
    deadline::RedisTime,
    descriptor::ServiceDescriptor,
    discovery::{Order, Pong, ServerInfo, State},
    service::{self, Dispatched, Service},
    transport::{List, Transport, registry::Heard},
    wire::{names, request::Request},
};

/// What begins the names of the methods that every server has.
const RESERVED: &str = "redisrpc.";

/// Which library this is.
const LIBRARY: &str = concat!("redisrpc ", env!("CARGO_PKG_VERSION"));

/// Speaks for one server.
#[derive(Debug)]
pub(super) struct Herald {
    service: &'static ServiceDescriptor,
    queue: List,
    /// The name it goes by now.
    id: Mutex<Arc<str>>,
    transport: Arc<dyn Transport>,
    concurrency: usize,
    delivery: Delivery,
    started: RedisTime,
    stop: StopSignal,
    pub(super) stats: Stats,
    /// How many calls there had been, at the last beat.
    calls: AtomicU64,
}

impl Herald {
    pub(super) fn new<S: Service>(
        queue: &List,
        transport: &Arc<dyn Transport>,
        options: &Options,
        stop: &StopSignal,
    ) -> Self {
        Self {
            service: S::DESCRIPTOR,
            queue: Arc::clone(queue),
            id: Mutex::new(names::random().into()),
            transport: Arc::clone(transport),
            concurrency: if S::ORDERED {
                1
            } else {
                options.concurrency.get()
            },
            delivery: options.delivery,
            started: transport.clock().now(),
            stop: stop.clone(),
            stats: Stats::new(S::DESCRIPTOR),
            calls: AtomicU64::new(0),
        }
    }

    /// The name the server goes by.
    pub(super) fn id(&self) -> Arc<str> {
        Arc::clone(&self.id.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new name, which nobody else has or has had.
    pub(super) fn rename(&self) -> Arc<str> {
        let new: Arc<str> = names::random().into();
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&new);
        new
    }

    fn info(&self) -> ServerInfo {
        let (in_flight, _) = self.stats.in_flight_and_begun();
        ServerInfo {
            id: self.id().to_string(),
            queue: self.queue.to_string(),
            service: self.service.name().to_owned(),
            version: self.service.version().map(str::to_owned),
            library: LIBRARY.to_owned(),
            fingerprint: format!("{:016x}", self.service.fingerprint()),
            host: host().to_owned(),
            pid: std::process::id(),
            started: self.started.0,
            time: self.transport.clock().now().0,
            state: self.stop.state(),
            concurrency: self.concurrency,
            in_flight,
            delivery: match self.delivery {
                Delivery::AtMostOnce => "at most once".to_owned(),
                Delivery::Reported => "reported".to_owned(),
            },
            methods: self.stats.methods(),
        }
    }

    /// What it says with a beat, which comes this long after the last.
    pub(super) fn about(&self, since: Duration) -> Vec<u8> {
        let (_, calls) = self.stats.in_flight_and_begun();
        let more = calls - self.calls.swap(calls, Ordering::Relaxed).min(calls);
        let seconds = since.as_secs_f64().max(0.001);
        self.stats.calls_a_second(more as f64 / seconds);
        serde_json::to_vec(&self.info()).unwrap_or_default()
    }

    /// Does what it was told.
    pub(super) fn obey(&self, heard: &Heard) {
        for order in &heard.orders {
            let Some(order) = Order::read(order) else {
                tracing::warn!(queue = %self.queue, "the server was given an order it does not know");
                continue;
            };
            tracing::info!(queue = %self.queue, order = order.as_str(), "the server was given an order");
            let handle = self.stop.handle();
            match order {
                Order::Quiet => handle.quiet(),
                Order::Resume => handle.resume(),
                Order::Stop => handle.shutdown(),
            }
        }
    }

    /// Resolves when the server begins or ceases to take requests.
    pub(super) async fn has_news(&self, of: State) {
        self.stop.is_no_longer(of).await;
    }

    /// Whether the server takes requests.
    pub(super) fn state(&self) -> State {
        self.stop.state()
    }

    /// The answer to a method that every server has; `None` for any other.
    pub(super) fn answer(&self, request: &Request<'_>) -> Option<Dispatched> {
        let method = request.method().strip_prefix(RESERVED)?;
        match method {
            "ping" => Some(service::reply_value(request, &self.pong())),
            "describe" => {
                let contract = Contract::from(self.service);
                Some(service::reply_value(request, &contract))
            }
            "stats" => Some(service::reply_value(request, &self.info())),
            _ => None,
        }
    }

    fn pong(&self) -> Pong {
        Pong {
            server: self.id().to_string(),
            queue: self.queue.to_string(),
            service: self.service.name().to_owned(),
            version: self.service.version().map(str::to_owned),
            library: LIBRARY.to_owned(),
            time: self.transport.clock().now().0,
        }
    }
}

/// The name of this machine.
fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let host = hostname::get().unwrap_or_default();
        host.to_string_lossy().into_owned()
    })
}
