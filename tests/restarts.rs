//! Servers are replaced under load: no call is lost, and none runs twice.

use std::sync::{Arc, Mutex};

use redisrpc::{Broker, Delivery, Server};
use redisrpc_test_support::{RedisServer, until};
use tokio::sync::Notify;

use crate::fixture::{Serving, redis, serve};

const MODES: [Delivery; 2] = [Delivery::AtMostOnce, Delivery::Reported];

/// What ran, in the order it began.
type Ran = Arc<Mutex<Vec<u32>>>;

/// Runs its calls side by side.
#[derive(Clone, Default)]
struct Parallel(Ran);

#[redisrpc::service]
impl Parallel {
    pub async fn once(&self, number: u32) -> u32 {
        note(&self.0, number).await
    }

    #[rpc(idempotent)]
    pub async fn often(&self, number: u32) -> u32 {
        note(&self.0, number).await
    }
}

/// Runs one call after the other.
#[derive(Clone, Default)]
struct Ordered {
    ran: Ran,
    /// Ends the first call.
    end: Arc<Notify>,
}

#[redisrpc::service]
impl Ordered {
    pub async fn once(&mut self, number: u32) -> u32 {
        note(&self.ran, number).await
    }

    pub async fn held(&mut self, number: u32) -> u32 {
        let first = note(&self.ran, number).await == 0;
        if first {
            self.end.notified().await;
        }
        number
    }
}

async fn note(ran: &Ran, number: u32) -> u32 {
    ran.lock().unwrap().push(number);
    if number.is_multiple_of(7) {
        tokio::task::yield_now().await;
    }
    number
}

async fn once_each(ran: &Ran, calls: u32) {
    let mut ran = ran.lock().unwrap().clone();
    ran.sort_unstable();
    assert!(
        ran.iter().copied().eq(0..calls),
        "{} runs of {calls} calls",
        ran.len()
    );
}

/// Replaces servers, one by one, until the load has gone through.
async fn restarts(start: impl Fn() -> Server, load: tokio::task::JoinHandle<()>) {
    let mut serving = serve(start());
    let mut restarts = 0;
    while !load.is_finished() {
        let next = serve(start());
        serving.stop().await;
        serving = next;
        restarts += 1;
    }
    load.await.unwrap();
    serving.stop().await;
    assert!(restarts > 3, "only {restarts} restarts under load");
}

const CALLS: u32 = 2000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_run_side_by_side_run_once_each() {
    for mode in MODES {
        let (redis, broker) = redis().await;
        let service = Parallel::default();
        let client = ParallelClient::new(&broker, "calc");
        let load = tokio::spawn(async move {
            for n in (0..CALLS).step_by(4) {
                let (a, b) = (client.once(n), client.often(n + 1));
                let (c, d) = (client.once(n + 2), client.often(n + 3));
                let answers = tokio::try_join!(a, b, c, d).unwrap();
                assert_eq!(answers, (n, n + 1, n + 2, n + 3));
            }
        });
        let start = || Server::new(&broker, "calc", service.clone()).delivery(mode);
        restarts(start, load).await;
        once_each(&service.0, CALLS).await;
        assert_eq!(redis.keys(), [""; 0], "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_run_in_order_run_once_each() {
    for mode in MODES {
        let (redis, broker) = redis().await;
        let service = Ordered::default();
        let client = OrderedClient::new(&broker, "calc");
        let load = tokio::spawn(async move {
            for n in (0..CALLS).step_by(4) {
                let calls = (n..n + 4).map(|n| tokio::spawn(client.once(n).into_future()));
                for (n, call) in (n..).zip(calls.collect::<Vec<_>>()) {
                    assert_eq!(call.await.unwrap().unwrap(), n);
                }
            }
        });
        let start = || Server::new(&broker, "calc", service.clone()).delivery(mode);
        restarts(start, load).await;
        once_each(&service.ran, CALLS).await;
        assert_eq!(redis.keys(), [""; 0], "{mode:?}");
    }
}

#[tokio::test]
async fn what_was_taken_and_not_begun_goes_back_to_the_head_of_the_queue() {
    for mode in MODES {
        let (redis, broker) = redis().await;
        let service = Ordered::default();
        let client = OrderedClient::new(&broker, "calc");
        let calls: Vec<_> = (0..5)
            .map(|n| tokio::spawn(client.held(n).into_future()))
            .collect();
        queued(&redis, 5).await;
        let first = start(&broker, &service, mode);
        assert!(until(|| service.ran.lock().unwrap().len() == 1).await);
        queued(&redis, 0).await;
        // Made while the server stops: behind those it gives back.
        first.handle.shutdown();
        let last = tokio::spawn(client.held(5).into_future());
        queued(&redis, 1).await;
        service.end.notify_one();
        first.stop().await;
        queued(&redis, 5).await;
        let second = start(&broker, &service, mode);
        for (n, call) in (0..).zip(calls.into_iter().chain([last])) {
            assert_eq!(call.await.unwrap().unwrap(), n, "{mode:?}");
        }
        assert_eq!(*service.ran.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
        second.stop().await;
        assert_eq!(redis.keys(), [""; 0], "{mode:?}");
    }
}

fn start(broker: &Broker, service: &Ordered, mode: Delivery) -> Serving {
    serve(Server::new(broker, "calc", service.clone()).delivery(mode))
}

async fn queued(redis: &RedisServer, requests: i64) {
    let queued = || redis.ask::<i64>("LLEN calc");
    assert!(
        until(|| queued() == requests).await,
        "{} are queued",
        queued()
    );
}
