//! What becomes of streams when something breaks.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use redisrpc::{Broker, CallError, Delivery, Error, FaultCode, Server};
use redisrpc_test_support::RedisServer;
use tokio::runtime::Runtime;

use super::{Counter, CounterClient, serve_counter};
use crate::fixture::{redis, serve};

/// Runs what `start` starts on a runtime of its own, until the value is dropped: then it
/// is gone from one moment to the next, and says nothing to anybody.
struct Mortal(Option<Runtime>);

impl Mortal {
    async fn start<F>(start: impl FnOnce() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Runtime::new().unwrap();
        runtime.spawn(start()).await.unwrap();
        Self(Some(runtime))
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A server that can die, with an endless stream that has begun.
async fn stream_of_a_mortal(
    redis: &RedisServer,
    broker: &Broker,
    delivery: Delivery,
) -> (Mortal, redisrpc::StreamCall<u64>) {
    let url = redis.url();
    let mortal = Mortal::start(move || async move {
        let broker = Broker::connect(url).await.unwrap();
        let server = Server::new(&broker, "counter", Counter::default())
            .delivery(delivery)
            .recovery_time(Duration::from_secs(3));
        tokio::spawn(server.run());
    })
    .await;
    let mut ticks = CounterClient::new(broker, "counter").tick(u64::MAX, 1);
    for number in 0..10 {
        assert_eq!(ticks.next().await.unwrap().unwrap(), number);
    }
    (mortal, ticks)
}

/// The error that ends it, after whatever was on its way.
async fn end_of(mut ticks: redisrpc::StreamCall<u64>) -> CallError {
    let mut expected = 10;
    loop {
        match ticks.next().await.expect("it ends with an error") {
            Ok(number) => assert_eq!(number, expected),
            Err(error) => return error,
        }
        expected += 1;
    }
}

#[tokio::test]
async fn another_server_ends_the_stream_of_one_that_died() {
    let (redis, broker) = redis().await;
    let (mortal, ticks) = stream_of_a_mortal(&redis, &broker, Delivery::Reported).await;
    let other =
        Server::new(&broker, "counter", Counter::default()).recovery_time(Duration::from_secs(3));
    let _other = serve(other);
    drop(mortal);
    let error = end_of(ticks).await;
    let CallError::Rpc(Error::Fault(fault)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(fault.code(), FaultCode::Interrupted);
}

#[tokio::test]
async fn silence_ends_the_stream_of_a_server_that_nobody_saw_die() {
    let (redis, broker) = redis().await;
    let (mortal, ticks) = stream_of_a_mortal(&redis, &broker, Delivery::AtMostOnce).await;
    drop(mortal);
    let error = end_of(ticks).await;
    assert!(
        matches!(error, CallError::Rpc(Error::Timeout(_))),
        "{error:?}"
    );
    assert!(error.may_have_run());
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_its_streams() {
    let (_redis, broker) = redis().await;
    let server = Server::new(&broker, "counter", Counter::default());
    let server = serve(server.drain_timeout(Duration::from_millis(100)));
    let mut ticks = CounterClient::new(&broker, "counter").tick(u64::MAX, 1);
    for number in 0..10 {
        assert_eq!(ticks.next().await.unwrap().unwrap(), number);
    }
    server.handle.shutdown();
    let error = end_of(ticks).await;
    assert!(
        error.to_string().contains("the server was stopped"),
        "{error}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_server_ends_streams_whose_callers_have_died() {
    let (redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    let (begun, has_begun) = mpsc::channel();
    let url = redis.url();
    let mortal = Mortal::start(move || async move {
        let broker = Broker::connect(url).await.unwrap();
        let client = CounterClient::new(&broker, "counter");
        let mut silent = client.silent();
        let mut endless = client.count(u64::MAX);
        endless.next().await.unwrap().unwrap();
        begun.send(()).unwrap();
        tokio::spawn(async move {
            silent.next().await;
            drop(endless);
        });
    })
    .await;
    has_begun.recv_timeout(Duration::from_secs(20)).unwrap();
    counter.open(2).await;
    let mut ticks = client.tick(u64::MAX, 100);
    assert_eq!(ticks.next().await.unwrap().unwrap(), 0);
    drop(mortal);
    counter.open(1).await;
    // The others' go on, what was made before somebody read it included.
    for number in 1..200 {
        assert_eq!(ticks.next().await.unwrap().unwrap(), number);
    }
    counter.open(1).await;
}

#[tokio::test]
async fn a_busy_stream_does_not_keep_the_others_from_being_heard() {
    let (_redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    let silent = tokio::spawn(async move {
        let item = client.silent().next().await;
        panic!("it ended: {item:?}");
    });
    let mut busy = CounterClient::new(&broker, "counter")
        .count(u64::MAX)
        .window(2);
    let began = Instant::now();
    // Longer than a server waits for a word of its caller.
    while began.elapsed() < Duration::from_secs(14) {
        busy.next().await.unwrap().unwrap();
    }
    counter.open(2).await;
    assert!(!silent.is_finished());
}

#[tokio::test]
async fn streams_go_on_over_new_connections() {
    let (redis, broker) = redis().await;
    let (_counter, client, _server) = serve_counter(&broker);
    let mut numbers = client.count(300_000);
    for number in 0..300_000 {
        assert_eq!(numbers.next().await.unwrap().unwrap(), number);
        if number % 50_000 == 10 {
            let _: i64 = redis.ask("CLIENT KILL TYPE normal SKIPME yes");
        }
    }
    assert!(numbers.next().await.is_none());
}

#[tokio::test]
async fn streams_go_on_when_redis_was_restarted() {
    let (mut redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    let mut ticks = client.tick(3_000, 1);
    for number in 0..100 {
        assert_eq!(ticks.next().await.unwrap().unwrap(), number);
    }
    redis.kill();
    thread::sleep(Duration::from_millis(100));
    redis.restart();
    // What was in Redis may be lost: then it ends with an error, and hangs in no case.
    let mut expected = 100;
    let error = loop {
        match ticks.next().await {
            Some(Ok(number)) => assert_eq!(number, expected),
            Some(Err(error)) => break Some(error),
            None => break None,
        }
        expected += 1;
    };
    if let Some(error) = error {
        assert!(matches!(error, CallError::Rpc(_)), "{error:?}");
    } else {
        assert_eq!(expected, 3_000);
    }
    counter.open(0).await;
}
