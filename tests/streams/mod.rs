//! Methods that return streams.

mod breaks;
mod topologies;

use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    stream::{self, Stream},
};
use redisrpc::{Broker, Call, CallError, Client, Context, Server};
use redisrpc_test_support::{RedisServer, until};
use serde::{Deserialize, Serialize};

use crate::{
    fixture::{Serving, redis, serve},
    old_peer::OldClient,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("no more than {most}")]
pub struct TooMany {
    most: u64,
}

/// Streams numbers, and counts those that it has made and the streams that are open.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicU64,
    open: AtomicU64,
}

struct Open(Arc<Counts>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

#[redisrpc::service]
impl Counter {
    /// The numbers below `end`.
    pub fn count(&self, end: u64) -> impl Stream<Item = u64> {
        self.counted(end)
    }

    /// As [`count`](Self::count), each after a while.
    pub fn tick(&self, end: u64, millis: u64) -> impl Stream<Item = u64> + Send + use<> {
        self.counted(end).then(move |number| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            number
        })
    }

    /// An error instead of the one after `most`.
    pub fn up_to(&self, most: u64) -> impl Stream<Item = Result<u64, TooMany>> + use<> {
        self.counted(u64::MAX).map(move |number| match number {
            number if number == most => Err(TooMany { most }),
            number => Ok(number),
        })
    }

    /// Texts of so many bytes.
    pub async fn texts(&self, count: u64, bytes: usize) -> impl Stream<Item = String> + use<> {
        self.counted(count).map(move |_| "x".repeat(bytes))
    }

    /// Begins and yields nothing.
    pub fn silent(&self, context: &Context) -> impl Stream<Item = u64> + use<> {
        assert_eq!(context.deadline(), None);
        let open = self.opened();
        stream::pending().map(move |item| {
            let _open = &open;
            item
        })
    }

    pub fn infinite(&self) -> impl Stream<Item = f64> {
        stream::iter([1.0, f64::INFINITY, 2.0])
    }

    pub fn panics(&self) -> impl Stream<Item = u64> {
        stream::iter(0..3).inspect(|number| assert!(*number < 2, "two is too many"))
    }

    /// No stream.
    pub fn list(&self, end: u64) -> Vec<u64> {
        (0..end).collect()
    }
}

impl Counter {
    fn opened(&self) -> Open {
        self.0.open.fetch_add(1, Ordering::SeqCst);
        Open(Arc::clone(&self.0))
    }

    fn counted(&self, end: u64) -> impl Stream<Item = u64> + Send + use<> {
        let open = self.opened();
        stream::iter(0..end).inspect(move |_| {
            open.0.made.fetch_add(1, Ordering::SeqCst);
        })
    }

    fn made(&self) -> u64 {
        self.0.made.load(Ordering::SeqCst)
    }

    async fn open(&self, streams: u64) {
        let open = || self.0.open.load(Ordering::SeqCst);
        assert!(until(|| open() == streams).await, "{} are open", open());
    }
}

fn serve_counter(broker: &Broker) -> (Counter, CounterClient, Serving) {
    let counter = Counter::default();
    let server = serve(Server::new(broker, "counter", counter.clone()));
    (counter, CounterClient::new(broker, "counter"), server)
}

async fn streams_of_any_length(broker: &Broker) {
    let (counter, client, server) = serve_counter(broker);
    for end in [0, 1, 63, 64, 65, 100_000] {
        let all = client.count(end).all().await.unwrap();
        assert_eq!(all, (0..end).collect::<Vec<_>>());
    }
    let (one, two) = tokio::join!(client.count(20_000).all(), client.tick(20, 1).all());
    assert_eq!(one.unwrap(), (0..20_000).collect::<Vec<_>>());
    assert_eq!(two.unwrap(), (0..20).collect::<Vec<_>>());
    // As a `Stream`, for what is written for any.
    let few: Vec<_> = client.count(u64::MAX).take(100).collect().await;
    assert_eq!(few.len(), 100);
    counter.open(0).await;
    server.stop().await;
}

#[tokio::test]
async fn items_come_in_order_through_redis() {
    let (redis, broker) = redis().await;
    streams_of_any_length(&broker).await;
    let left = || redis.left_behind();
    assert!(until(|| left().is_empty()).await, "{:?}", left());
}

#[tokio::test]
async fn items_come_in_order_without_redis() {
    let broker = Broker::connect("memory://streams").await.unwrap();
    streams_of_any_length(&broker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_come_in_order_on_several_threads() {
    let (_redis, broker) = redis().await;
    streams_of_any_length(&broker).await;
}

#[tokio::test]
async fn an_error_comes_after_the_items_before_it_and_is_the_last() {
    let (_redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    for most in [0, 5, 5_000] {
        let mut numbers = client.up_to(most);
        for number in 0..most {
            assert_eq!(numbers.next().await.unwrap().unwrap(), number);
        }
        let error = numbers.next().await.unwrap().unwrap_err();
        assert_eq!(error, CallError::Service(TooMany { most }));
        assert!(numbers.next().await.is_none());
    }
    counter.open(0).await;
}

#[tokio::test]
async fn a_stream_that_cannot_go_on_ends_with_what_is_wrong() {
    let (_redis, broker) = redis().await;
    let (_counter, client, _server) = serve_counter(&broker);
    let mut numbers = client.infinite();
    assert_eq!(numbers.next().await.unwrap().unwrap(), 1.0);
    let error = numbers.next().await.unwrap().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`infinite`: an item cannot be sent"),
        "{text}"
    );
    assert!(numbers.next().await.is_none());

    let error = client.panics().all().await.unwrap_err();
    assert!(error.to_string().contains("two is too many"), "{error}");
    let error = client.client().call("nothing").streaming::<u64>();
    let error = error.all().await.unwrap_err();
    assert!(error.to_string().contains("no method `nothing`"), "{error}");
    // An item of another type than was asked for.
    let texts = client.client().call("count").arg(3).streaming::<String>();
    let error = texts.all().await.unwrap_err();
    assert!(error.to_string().contains("invalid type"), "{error}");
}

#[tokio::test]
async fn a_slow_reader_keeps_the_server_waiting_and_redis_empty() {
    let (redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    let mut numbers = client.count(u64::MAX);
    for number in 0..20_000 {
        assert_eq!(numbers.next().await.unwrap().unwrap(), number);
    }
    // What was made and not read is at most the window, and none of it is in Redis.
    let in_redis = || -> i64 {
        let lists: Vec<String> = redis.ask("KEYS counter:rpc:*");
        lists
            .iter()
            .map(|list| redis.ask::<i64>(&format!("LLEN {list}")))
            .sum()
    };
    assert!(until(|| in_redis() == 0).await);
    assert!(counter.made() <= 20_000 + 4_096 + 1, "{}", counter.made());
    drop(numbers);
    counter.open(0).await;

    let mut few = client.count(u64::MAX).window(3);
    let before = counter.made();
    assert_eq!(few.next().await.unwrap().unwrap(), 0);
    client.count(1_000).all().await.unwrap();
    let made = counter.made() - before - 1_000;
    assert!(made <= 1 + 3, "{made} were made");
    drop(few);
    counter.open(0).await;
}

#[tokio::test]
async fn large_items_come_a_few_at_a_time() {
    let (_redis, broker) = redis().await;
    let (counter, client, _server) = serve_counter(&broker);
    let mut texts = client.texts(u64::MAX, 100_000);
    for _ in 0..300 {
        assert_eq!(texts.next().await.unwrap().unwrap().len(), 100_000);
    }
    // A megabyte holds ten.
    client.count(1).all().await.unwrap();
    let made = counter.made() - 1 - 300;
    assert!(made <= 11, "{made} were made");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_no_streams_gets_a_list() {
    let (redis, broker) = redis().await;
    let (_counter, client, _server) = serve_counter(&broker);
    let mut old = OldClient::new(&redis, "counter");
    let reply = old.call(
        r#"{"function_call":{"name":"count","args":[3]},"response_queue":"counter:rpc:A"}"#,
        "counter:rpc:A",
    );
    assert_eq!(reply, r#"{"return_value":[0,1,2]}"#);
    let reply = old.call(
        r#"{"function_call":{"name":"up_to","args":[3]},"response_queue":"counter:rpc:B"}"#,
        "counter:rpc:B",
    );
    assert_eq!(reply, r#"{"exception":"no more than 3"}"#);

    let list: Vec<u64> = client
        .client()
        .call("count")
        .arg(3)
        .returning()
        .await
        .unwrap();
    assert_eq!(list, [0, 1, 2]);
    let endless = client.client().call("texts").arg(u64::MAX).arg(100_000);
    let text = endless.await.unwrap_err().to_string();
    assert!(text.contains("by a client that takes streams"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_a_stream_to_whoever_takes_one() {
    let (redis, broker) = redis().await;
    let (_counter, client, server) = serve_counter(&broker);
    let list = client.client().call("list").arg(3).streaming::<u64>();
    assert_eq!(list.all().await.unwrap(), [0, 1, 2]);
    server.stop().await;

    // Of an old server, which answers on the call's own queue.
    let count = tokio::spawn(client.count(2).all());
    let mut connection = redis.connection();
    let (_, request): (String, String) = redis::cmd("BLPOP")
        .arg("counter")
        .arg(20)
        .query(&mut connection)
        .unwrap();
    let request: serde_json::Value = serde_json::from_str(&request).unwrap();
    let list = request["response_queue"].as_str().unwrap();
    let _: i64 = redis::cmd("RPUSH")
        .arg(list)
        .arg(r#"{"return_value": [7, 8]}"#)
        .query(&mut connection)
        .unwrap();
    assert_eq!(count.await.unwrap().unwrap(), [7, 8]);
}

#[tokio::test]
async fn a_server_that_hears_nothing_between_its_steps_answers_with_a_list() {
    let (_redis, broker) = redis().await;
    let mut server = Server::new(&broker, "counter", Counter::default())
        .stepped()
        .unwrap();
    let count = tokio::spawn(CounterClient::new(&broker, "counter").count(10_000).all());
    while server.step().await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(count.await.unwrap().unwrap().len(), 10_000);
}

#[tokio::test]
async fn a_stream_may_last_longer_than_a_call() {
    let (_redis, broker) = redis().await;
    let counter = Counter::default();
    let _server = serve(Server::new(&broker, "counter", counter.clone()));
    let client = Client::new(&broker, "counter").timeout(Duration::from_millis(200));
    let client = CounterClient::from(client);
    // Longer than its timeout, and than what is between two words of the server.
    assert_eq!(client.tick(5, 500).all().await.unwrap().len(), 5);

    let mut silent = client.silent();
    let item = tokio::time::timeout(Duration::from_secs(3), silent.next()).await;
    assert!(item.is_err(), "it goes on, and yields nothing");
    counter.open(1).await;
    drop(silent);
    counter.open(0).await;
}

#[tokio::test]
async fn a_stream_that_nobody_begins_ends_at_its_timeout() {
    let (redis, broker) = redis().await;
    let client = CounterClient::new(&broker, "counter");
    let count = client.count(3).timeout(Duration::from_millis(100));
    let error = count.all().await.unwrap_err();
    assert!(
        matches!(error, CallError::Rpc(redisrpc::Error::Timeout(_))),
        "{error:?}"
    );
    assert!(!error.may_have_run());
    assert_eq!(redis.ask::<i64>("LLEN counter"), 0);
}

#[test]
fn threads_without_a_runtime_iterate() {
    let redis = RedisServer::start();
    let broker = Broker::connect_blocking(redis.url()).unwrap();
    let server = Server::new(&broker, "counter", Counter::default());
    let handle = server.handle();
    let serving = std::thread::spawn(move || server.run_blocking());
    let client = CounterBlockingClient::new(&broker, "counter");
    let sum: u64 = client.count(10_000).map(Result::unwrap).sum();
    assert_eq!(sum, 10_000 * 9_999 / 2);
    assert_eq!(
        client.up_to(2).last().unwrap().unwrap_err().to_string(),
        "no more than 2"
    );
    handle.shutdown();
    serving.join().unwrap().unwrap();
}

#[tokio::test]
async fn mocks_answer_with_lists() {
    let mock = CounterMock::new()
        .on_count(|end| (0..end).rev().collect())
        .on_up_to(|most| vec![Ok(0), Err(TooMany { most })]);
    let client = mock.client().await.unwrap();
    assert_eq!(client.count(3).all().await.unwrap(), [2, 1, 0]);
    let error = client.up_to(5).all().await.unwrap_err();
    assert_eq!(error, CallError::Service(TooMany { most: 5 }));
    assert_eq!(mock.calls()[0].to_string(), "count(3)");
}

#[tokio::test]
async fn other_calls_of_a_service_with_streams_are_calls() {
    let (_redis, broker) = redis().await;
    let (_counter, client, _server) = serve_counter(&broker);
    let list: Call<Vec<u64>> = client.list(2);
    assert_eq!(list.into_future().await.unwrap(), [0, 1]);
    let described = CounterClient::DESCRIPTOR.method("up_to").unwrap();
    assert_eq!(described.returns(), "Stream<u64>");
    assert_eq!(described.error(), Some("TooMany"));
}
