//! Messages of strangers: whoever can push to a service's queue, or to a client's
//! inbox, can stop neither.
//!
//! `cargo test` sends a hundred thousand, half to either; with `-- --ignored` it is
//! a million. Both print the seed they are made from; `HOSTILE_SEED` is another.
//!
//! A program of its own, for it looks at how much memory the whole of one takes.

mod messages;

use std::{fs, thread, time::Duration};

use redis::{Connection, cmd};
use redisrpc::{Broker, Client, Server};
use redisrpc_test_support::{RedisServer, until};
use serde_json::Value;
use tokio::task::JoinSet;

use self::messages::Messages;

const SOME: usize = 50_000;
const MANY: usize = 500_000;

/// Messages that leave in one write.
const BATCH: usize = 1_000;

/// Most messages that wait in a list.
const WAITING: usize = 5_000;

/// Most memory by which all messages together may make the process grow once it
/// has seen its first ones: of half a million, each may leave 64 bytes.
const GROWTH: usize = 32 << 20;

/// Takes arguments of many kinds.
struct Service;

#[redisrpc::service]
impl Service {
    pub fn add(&self, a: i64, b: i64) -> i64 {
        a.saturating_add(b)
    }

    pub fn echo(
        &self,
        value: Value,
        #[rpc(default)] note: Option<String>,
    ) -> (Value, Option<String>) {
        (value, note)
    }

    pub fn sum(&self, #[rpc(rest)] numbers: Vec<f64>) -> f64 {
        numbers.iter().sum()
    }

    pub async fn wait(&self) {
        tokio::task::yield_now().await;
    }

    pub fn panic(&self) {
        panic!("a stranger asked for it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_outlives_hostile_requests() {
    serve_through(SOME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long; CI runs it by name"]
async fn a_server_outlives_half_a_million_hostile_requests() {
    serve_through(MANY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_outlives_hostile_replies() {
    call_through(SOME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long; CI runs it by name"]
async fn a_client_outlives_half_a_million_hostile_replies() {
    call_through(MANY).await;
}

/// A server, so many hostile requests, and a call as if nothing had been.
async fn serve_through(requests: usize) {
    quiet_panics();
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let serving = tokio::spawn(Server::new(&broker, "calc", Service).run());
    let mut storm = Storm::new(&redis, "calc");
    let mut messages = Messages::seeded();
    let pushed = thread::spawn(move || storm.push(requests, |_| messages.request()));
    let grown = until_ended(pushed).await;
    let taken = until(|| redis.ask::<usize>("LLEN calc") == 0).await;
    assert!(taken, "the server takes requests to the last");
    let client = ServiceClient::new(&broker, "calc");
    assert_eq!(client.add(2, 3).await.unwrap(), 5);
    assert!(!serving.is_finished());
    let is_kept = |key: &String| key.starts_with("redisrpc:");
    let done = until(|| !redis.left_behind().iter().any(is_kept)).await;
    assert!(done, "of no request more is kept than its reply");
    assert_only_reply_lists(&redis);
    assert_small(grown, requests);
}

/// A client with calls in flight, so many hostile replies, and a call as if
/// nothing had been.
async fn call_through(replies: usize) {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let client = Client::new(&broker, "calc");
    let mut calling = JoinSet::new();
    for _ in 0..16 {
        calling.spawn(call_for_ever(client.clone()));
    }
    assert!(until(|| redis.ask::<usize>("LLEN calc") > 0).await);
    let first: String = redis.ask("LPOP calc");
    let request: Value = serde_json::from_str(&first).unwrap();
    let inbox = request["context"]["inbox"].as_str().unwrap().to_owned();
    let mut storm = Storm::new(&redis, &inbox);
    let mut messages = Messages::seeded();
    let pushed = thread::spawn(move || {
        storm.push(replies, |connection| {
            if messages.wants_ids() {
                messages.learn_ids(&queued(connection));
            }
            messages.reply()
        })
    });
    let grown = until_ended(pushed).await;
    let taken = until(|| redis.ask::<usize>(&format!("LLEN {inbox}")) == 0).await;
    assert!(taken, "the client takes replies to the last");
    calling.shutdown().await;
    let _: i64 = redis.ask("DEL calc");
    tokio::spawn(Server::new(&broker, "calc", Service).run());
    let sum = client.call("add").arg(2).arg(3).returning::<i64>();
    assert_eq!(sum.await.unwrap(), 5);
    assert_small(grown, replies);
}

/// Makes one call after the other, whatever comes of them.
async fn call_for_ever(client: Client) {
    loop {
        let call = || client.call("add").arg(1).timeout(Duration::from_secs(600));
        let _ = call().returning::<i64>().await;
        let _ = call().returning::<Vec<String>>().await;
        let _ = call().await;
    }
}

/// The requests of a client that no server takes.
fn queued(connection: &mut Connection) -> Vec<String> {
    let taken: Option<Vec<String>> = cmd("LPOP").arg("calc").arg(100).query(connection).unwrap();
    taken.unwrap_or_default()
}

/// The growth that the pushing thread saw, or its panic.
async fn until_ended(pushed: thread::JoinHandle<usize>) -> usize {
    tokio::task::spawn_blocking(|| pushed.join())
        .await
        .unwrap()
        .expect("all was pushed")
}

/// A stranger's connection, and the list it pushes to.
struct Storm {
    connection: Connection,
    list: String,
}

impl Storm {
    fn new(redis: &RedisServer, list: &str) -> Self {
        Self {
            connection: redis.connection(),
            list: list.to_owned(),
        }
    }

    /// Pushes so many messages, as fast as they are taken. By how many bytes this
    /// process has grown since the first fifth.
    fn push(&mut self, count: usize, mut message: impl FnMut(&mut Connection) -> Vec<u8>) -> usize {
        let mut before = 0;
        for batch in 0..count / BATCH {
            let mut push = cmd("RPUSH");
            push.arg(&self.list);
            for _ in 0..BATCH {
                push.arg(message(&mut self.connection));
            }
            let mut waiting: usize = push.query(&mut self.connection).unwrap();
            let mut patience = 20_000;
            while waiting > WAITING {
                thread::sleep(Duration::from_millis(1));
                patience -= 1;
                assert!(patience > 0, "{} is not taken from", self.list);
                waiting = cmd("LLEN")
                    .arg(&self.list)
                    .query(&mut self.connection)
                    .unwrap();
            }
            if batch == count / BATCH / 5 {
                before = memory();
            }
        }
        memory().saturating_sub(before)
    }
}

/// How much memory this process takes, in bytes; 0 where nobody says.
fn memory() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}

/// What is left in Redis is replies, and they will not stay.
fn assert_only_reply_lists(redis: &RedisServer) {
    let lists = redis.left_behind();
    assert!(!lists.is_empty(), "somebody was answered");
    let mut connection = redis.connection();
    let mut ttls = redis::pipe();
    for list in &lists {
        assert!(list.starts_with("calc:rpc:"), "{list:?}");
        ttls.cmd("TTL").arg(list);
    }
    // It has expired since, or it is going to.
    let ttls: Vec<i64> = ttls.query(&mut connection).unwrap();
    assert!(
        ttls.iter()
            .all(|&left| left == -2 || (0..=60).contains(&left))
    );
}

fn assert_small(grown: usize, messages: usize) {
    println!("{grown} bytes more after {messages} messages");
    assert!(grown <= GROWTH, "they leave something behind");
}

/// Panics of the service's methods are wanted here, and are not worth a line each.
fn quiet_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() != Some(&"a stranger asked for it") {
            others(panic);
        }
    }));
}
