//! Old and native servers on one queue, come and gone, under load.
//!
//! No server here is Ruby's master: its replies are gone after a second, and a
//! machine that is busy enough sleeps through that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use redisrpc::{Broker, Server};
use redisrpc_test_support::{RedisServer, until};
use tokio::task::JoinHandle;

use crate::{
    dialect::Dialect,
    fixture::{Serving, redis, serve},
    old_peer::{OldClient, OldServer},
};

/// Fewest calls of one test.
const CALLS: usize = 2000;

/// Calls in flight at once.
const CALLERS: usize = 32;

/// What a server must have answered to have taken part.
const SOME: usize = 100;

/// A native server's object, which counts what it does.
struct Adder {
    served: Arc<AtomicUsize>,
    takes: Duration,
}

#[redisrpc::service]
impl Adder {
    pub async fn add(&self, a: usize, b: usize) -> usize {
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        self.served.fetch_add(1, Relaxed);
        a + b
    }
}

struct Native {
    server: Serving,
    served: Arc<AtomicUsize>,
}

impl Native {
    fn start(broker: &Broker) -> Self {
        Self::slow(broker, Duration::ZERO)
    }

    fn slow(broker: &Broker, takes: Duration) -> Self {
        let served = Arc::default();
        let adder = Adder {
            served: Arc::clone(&served),
            takes,
        };
        let server = serve(Server::new(broker, "calc", adder));
        Self { server, served }
    }

    /// Waits until it has answered this many more.
    async fn serves(&self, more: usize) {
        let before = self.served.load(Relaxed);
        let served = until(|| self.served.load(Relaxed) >= before + more).await;
        assert!(served, "the native server takes part");
    }

    async fn stop(self) -> usize {
        self.server.stop().await;
        self.served.load(Relaxed)
    }
}

/// An old server of `add(a, b)`.
fn start_old(redis: &RedisServer, dialect: Dialect) -> OldServer {
    OldServer::start(redis, "calc", dialect, move |call| {
        let sum = call.args[0].as_u64().unwrap() + call.args[1].as_u64().unwrap();
        dialect.returned(&sum.to_string()).into()
    })
}

/// Waits until it has answered this many more.
async fn serves(old: &OldServer, more: usize) {
    let before = old.served();
    let served = until(|| old.served() >= before + more).await;
    assert!(served, "the old server takes part");
}

/// Callers that call until they are told that it is enough, and [`CALLS`] times
/// in any case. Each wrong or missing answer is a panic.
struct Load {
    enough: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(broker: &Broker) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let made = Arc::new(AtomicUsize::new(0));
        let client = AdderClient::new(broker, "calc");
        let callers = (0..CALLERS).map(|_| {
            let (enough, made, client) = (Arc::clone(&enough), Arc::clone(&made), client.clone());
            tokio::spawn(async move {
                while made.load(Relaxed) < CALLS || !enough.load(Relaxed) {
                    let n = made.fetch_add(1, Relaxed);
                    let sum = client.add(n, 7).await;
                    let sum = sum.unwrap_or_else(|error| panic!("call {n}: {error}"));
                    assert_eq!(sum, n + 7);
                }
            })
        });
        Self {
            callers: callers.collect(),
            enough,
            made,
        }
    }

    /// The number of calls, all of them answered right.
    async fn finish(self) -> usize {
        self.enough.store(true, Relaxed);
        for caller in self.callers {
            caller.await.expect("every answer is right");
        }
        self.made.load(Relaxed)
    }
}

/// Everything that was asked for was answered, by somebody, once.
fn assert_all_answered(redis: &RedisServer, calls: usize, served: usize) {
    assert!(calls >= CALLS);
    assert_eq!(served, calls);
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_server_joins_an_old_one_under_load() {
    let (redis, broker) = redis().await;
    // It deletes its queue at start, so it comes before the load.
    let old = start_old(&redis, Dialect::Python3);
    let load = Load::start(&broker);
    serves(&old, SOME).await;
    let native = Native::start(&broker);
    native.serves(SOME).await;
    serves(&old, SOME).await;
    let calls = load.finish().await;
    let by_old = old.stop();
    assert_all_answered(&redis, calls, by_old + native.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_server_joins_a_native_one_under_load() {
    let (redis, broker) = redis().await;
    let native = Native::start(&broker);
    let load = Load::start(&broker);
    native.serves(SOME).await;
    let old = start_old(&redis, Dialect::Ruby);
    serves(&old, SOME).await;
    native.serves(SOME).await;
    let calls = load.finish().await;
    let by_old = old.stop();
    assert_all_answered(&redis, calls, by_old + native.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_both_kinds_come_and_go_under_load() {
    let (redis, broker) = redis().await;
    let mut native = Native::start(&broker);
    let load = Load::start(&broker);
    let mut served = 0;
    for _ in 0..5 {
        let old = start_old(&redis, Dialect::Ruby);
        serves(&old, SOME).await;
        served += native.stop().await;
        serves(&old, SOME).await;
        native = Native::start(&broker);
        native.serves(SOME).await;
        served += old.stop();
        native.serves(SOME).await;
    }
    let calls = load.finish().await;
    assert_all_answered(&redis, calls, served + native.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_native_server_beside_a_fast_old_one_answers_its_own_calls() {
    let (redis, broker) = redis().await;
    let old = start_old(&redis, Dialect::Python27);
    // Slower than the grace that is given to native servers.
    let native = Native::slow(&broker, Duration::from_millis(60));
    let load = Load::start(&broker);
    serves(&old, SOME).await;
    native.serves(SOME).await;
    let calls = load.finish().await;
    let by_old = old.stop();
    assert_all_answered(&redis, calls, by_old + native.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_becomes_purely_old_again_still_works() {
    let (redis, broker) = redis().await;
    let native = Native::start(&broker);
    let client = AdderClient::new(&broker, "calc");
    assert_eq!(client.add(1, 2).await.unwrap(), 3);
    assert_eq!(native.stop().await, 1);
    for dialect in [Dialect::Python3, Dialect::Ruby, Dialect::Php] {
        let old = start_old(&redis, dialect);
        // One after the other, then many at once.
        assert_eq!(client.add(2, 2).await.unwrap(), 4);
        assert_eq!(client.add(3, 2).await.unwrap(), 5);
        let load = Load::start(&broker);
        let calls = load.finish().await;
        assert_all_answered(&redis, calls + 2, old.stop());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_and_native_callers_share_a_native_server() {
    let (redis, broker) = redis().await;
    let native = Native::start(&broker);
    let load = Load::start(&broker);
    let old_callers: Vec<_> = (0..4)
        .map(|caller| {
            let mut client = OldClient::new(&redis, "calc");
            std::thread::spawn(move || {
                for n in 0..250 {
                    let own = format!("calc:rpc:{caller:04}{n:04}");
                    let request = format!(
                        r#"{{"function_call": {{"name": "add", "args": [{n}, {caller}]}}, "response_queue": "{own}"}}"#
                    );
                    let sum = n + caller;
                    let reply = format!(r#"{{"return_value":{sum}}}"#);
                    assert_eq!(client.call(request, &own), reply);
                }
            })
        })
        .collect();
    for caller in old_callers {
        caller.join().expect("every answer is right");
    }
    let calls = load.finish().await;
    assert_all_answered(&redis, calls + 4 * 250, native.stop().await);
}
