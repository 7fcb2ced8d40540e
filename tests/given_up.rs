//! Calls that their callers give up while a server runs them.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redisrpc::{Broker, Client, Context, Delivery, Server};
use redisrpc_test_support::{RedisServer, until};

use crate::fixture::{Serving, redis, serve};

/// Counts the calls that begin, are dropped, and end.
#[derive(Debug, Clone, Default)]
struct Slow(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    dropped: AtomicUsize,
    ended: AtomicUsize,
}

/// Counts a call that is dropped before its end.
struct Running<'a>(&'a Counts);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Slow {
    fn begin(&self) -> Running<'_> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        Running(&self.0)
    }

    fn end(&self, running: Running<'_>) {
        std::mem::forget(running);
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

#[redisrpc::service]
impl Slow {
    /// Does not end.
    pub async fn forever(&self) {
        let _running = self.begin();
        std::future::pending().await
    }

    /// Ends when it is told that nobody waits.
    #[rpc(detached)]
    pub async fn detached(&self, context: &Context) {
        let running = self.begin();
        context.cancelled().await;
        self.end(running);
    }

    #[rpc(blocking)]
    pub fn blocking(&self, context: &Context) {
        let running = self.begin();
        while !context.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.end(running);
    }
}

/// Calls another server, and waits for that.
struct Relay(SlowClient);

#[redisrpc::service]
impl Relay {
    pub async fn relayed(&self) {
        let _ = self.0.forever().await;
    }
}

impl Slow {
    async fn counts(&self, begun: usize, dropped: usize, ended: usize) {
        let counts = || {
            let Counts {
                begun,
                dropped,
                ended,
            } = &*self.0;
            [begun, dropped, ended].map(|count| count.load(Ordering::SeqCst))
        };
        let so = until(|| counts() == [begun, dropped, ended]).await;
        assert!(so, "{:?} are not {:?}", counts(), [begun, dropped, ended]);
    }
}

fn serve_slow(broker: &Broker, queue: &str) -> (Slow, Serving) {
    let slow = Slow::default();
    let server = serve(Server::new(broker, queue, slow.clone()));
    (slow, server)
}

/// Calls that wait for longer than any test does.
fn client(broker: &Broker) -> SlowClient {
    SlowClient::from(Client::new(broker, "slow").timeout(Duration::from_secs(3600)))
}

async fn a_dropped_call_drops_its_method(broker: &Broker) {
    let (slow, server) = serve_slow(broker, "slow");
    let call = tokio::spawn(client(broker).forever().into_future());
    let other = tokio::spawn(client(broker).forever().into_future());
    slow.counts(2, 0, 0).await;
    call.abort();
    slow.counts(2, 1, 0).await;
    other.abort();
    slow.counts(2, 2, 0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_dropped_call_drops_its_method_through_redis() {
    let (_redis, broker) = redis().await;
    a_dropped_call_drops_its_method(&broker).await;
}

#[tokio::test]
async fn a_dropped_call_drops_its_method_without_redis() {
    let broker = Broker::connect("memory://given-up").await.unwrap();
    a_dropped_call_drops_its_method(&broker).await;
}

#[tokio::test]
async fn a_call_whose_time_is_up_drops_its_method() {
    let (_redis, broker) = redis().await;
    let (slow, _server) = serve_slow(&broker, "slow");
    let call = client(&broker)
        .forever()
        .timeout(Duration::from_millis(300));
    assert!(call.await.unwrap_err().may_have_run());
    slow.counts(1, 1, 0).await;
}

#[tokio::test]
async fn methods_that_cannot_be_dropped_are_told_and_go_on() {
    let (_redis, broker) = redis().await;
    let (slow, _server) = serve_slow(&broker, "slow");
    let detached = tokio::spawn(client(&broker).detached().into_future());
    let blocking = tokio::spawn(client(&broker).blocking().into_future());
    slow.counts(2, 0, 0).await;
    detached.abort();
    slow.counts(2, 0, 1).await;
    blocking.abort();
    slow.counts(2, 0, 2).await;
}

#[tokio::test]
async fn a_call_that_was_given_up_is_done_with() {
    let redis = RedisServer::start();
    for delivery in [Delivery::Reported, Delivery::AtMostOnce] {
        let broker = Broker::connect(redis.url()).await.unwrap();
        let slow = Slow::default();
        let server = Server::new(&broker, "slow", slow.clone()).delivery(delivery);
        let server = serve(server);
        let call = tokio::spawn(client(&broker).forever().into_future());
        slow.counts(1, 0, 0).await;
        call.abort();
        slow.counts(1, 1, 0).await;
        server.stop().await;
        assert!(
            until(|| redis.left_behind().is_empty()).await,
            "{:?}",
            redis.left_behind()
        );
    }
}

#[tokio::test]
async fn what_a_method_calls_is_given_up_with_it() {
    let (_redis, broker) = redis().await;
    let (slow, _server) = serve_slow(&broker, "slow");
    let _relay = serve(Server::new(&broker, "relay", Relay(client(&broker))));
    let relay = RelayClient::new(&broker, "relay");
    let call = tokio::spawn(relay.relayed().into_future());
    slow.counts(1, 0, 0).await;
    call.abort();
    slow.counts(1, 1, 0).await;
}

#[tokio::test]
async fn a_server_hears_of_calls_also_when_its_connection_was_renewed() {
    let (redis, broker) = redis().await;
    let (slow, _server) = serve_slow(&broker, "slow");
    let call = tokio::spawn(client(&broker).forever().into_future());
    slow.counts(1, 0, 0).await;
    let _: i64 = redis.ask("CLIENT KILL TYPE normal SKIPME yes");
    let other = tokio::spawn(client(&broker).forever().into_future());
    slow.counts(2, 0, 0).await;
    call.abort();
    other.abort();
    slow.counts(2, 2, 0).await;
}

/// Its methods run one after the other, and what one of them holds breaks.
struct Brittle(Arc<AtomicUsize>);

struct BreaksWhenDropped;

impl Drop for BreaksWhenDropped {
    fn drop(&mut self) {
        panic!("broken");
    }
}

#[redisrpc::service]
impl Brittle {
    pub async fn hold(&mut self) {
        let _held = BreaksWhenDropped;
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }

    pub async fn held(&mut self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn calls_after_one_that_breaks_when_it_is_dropped_are_answered() {
    let (redis, broker) = redis().await;
    let brittle = BrittleClient::new(&broker, "brittle");
    let hold = brittle.hold().timeout(Duration::from_secs(3600));
    let hold = tokio::spawn(hold.into_future());
    let queued = || redis.ask::<usize>("LLEN brittle");
    assert!(until(|| queued() == 1).await);
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(brittle.held().into_future()))
        .collect();
    // All before it is served, so that they are taken together.
    assert!(until(|| queued() == 4).await);
    let holding = Arc::<AtomicUsize>::default();
    let _server = serve(Server::new(
        &broker,
        "brittle",
        Brittle(Arc::clone(&holding)),
    ));
    assert!(until(|| holding.load(Ordering::SeqCst) == 1).await);
    hold.abort();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
}

/// Its queue was too long when it got there; when that was seen, it looked as if a
/// server had it.
#[tokio::test]
async fn a_call_whose_reply_nobody_waits_for_is_not_given_up() {
    let (redis, broker) = redis().await;
    // So that it is not found in the queue.
    redis.tell("ACL SETUSER default -lpos");
    let slow = Slow::default();
    let _server = serve(Server::new(&broker, "slow", slow.clone()).concurrency(1));
    let first = tokio::spawn(client(&broker).forever().into_future());
    slow.counts(1, 0, 0).await;
    let _: usize = redis.ask("RPUSH slow filler");
    let bounded = SlowClient::from(Client::new(&broker, "slow").max_queue_length(1));
    bounded.forever().oneway().await.unwrap();
    assert_eq!(redis.ask::<usize>("LLEN slow"), 2);
    first.abort();
    slow.counts(2, 1, 0).await;
}
