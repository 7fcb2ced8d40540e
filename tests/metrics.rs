//! What is counted and measured: each metric of the guide's table is seen to move.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    future::IntoFuture as _,
    time::Duration,
};

use futures_util::stream::{self, Stream};
use metrics::{LocalRecorderGuard, set_default_local_recorder};
use metrics_util::{
    MetricKind,
    debugging::{DebugValue, DebuggingRecorder, Snapshotter},
};
use redisrpc::{Broker, Client, Retry, Server};
use redisrpc_test_support::{RedisServer, until};
use tokio::time::sleep;

use crate::{
    fixture::{Concurrent, ConcurrentClient, Held, HeldClient, redis, serve},
    recovery::takeover,
};

const PAGE: &str = include_str!("../redisrpc/src/guide/observability.md");

/// A metric with its labels, as `name{label=value,…}`.
type Series = String;

/// What was recorded on this thread.
struct Seen {
    snapshots: Snapshotter,
    /// Counts and levels by series; of a histogram, how many values it has, and their sum.
    totals: RefCell<BTreeMap<Series, (f64, f64)>>,
    /// Rows as the guide has them.
    rows: RefCell<BTreeSet<String>>,
}

/// Records what this thread does, until the guard is dropped.
fn record(recorder: &DebuggingRecorder) -> (Seen, LocalRecorderGuard<'_>) {
    let seen = Seen {
        snapshots: recorder.snapshotter(),
        totals: RefCell::default(),
        rows: RefCell::default(),
    };
    (seen, set_default_local_recorder(recorder))
}

impl Seen {
    /// Adds what was recorded since it was called last: a snapshot begins all anew.
    fn look(&self) {
        for (key, unit, meaning, value) in self.snapshots.snapshot().into_vec() {
            let (kind, key) = key.into_parts();
            let labels: Vec<_> = key.labels().map(|it| (it.key(), it.value())).collect();
            let names: Vec<_> = labels.iter().map(|(name, _)| format!("`{name}`")).collect();
            let kind = match kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Histogram => "histogram",
            };
            let (unit, meaning) = (unit.unwrap().as_str(), meaning.unwrap());
            let name = key.name();
            let names = names.join(", ");
            let row = format!("| `{name}` | {kind} | {names} | {unit} | {meaning} |");
            self.rows.borrow_mut().insert(row);
            let labels: Vec<_> = labels
                .iter()
                .map(|(l, value)| format!("{l}={value}"))
                .collect();
            let mut totals = self.totals.borrow_mut();
            let series = format!("{name}{{{}}}", labels.join(","));
            let total = totals.entry(series).or_default();
            match value {
                DebugValue::Counter(more) => total.0 += more as f64,
                DebugValue::Gauge(more) => total.0 += more.0,
                DebugValue::Histogram(values) => {
                    total.0 += values.len() as f64;
                    total.1 += values.iter().map(|it| it.0).sum::<f64>();
                }
            }
        }
    }

    /// How often it was counted, how many values it has, or what it stands at.
    fn of(&self, series: &str) -> f64 {
        self.look();
        self.totals.borrow().get(series).map_or(0.0, |it| it.0)
    }

    /// The sum of a histogram's values.
    fn sum(&self, series: &str) -> f64 {
        self.look();
        self.totals.borrow()[series].1
    }

    async fn comes_to(&self, series: &str, expected: f64) {
        let there = until(|| self.of(series) == expected).await;
        assert!(there, "{series} is not {expected}: {:#?}", self.totals);
    }

    async fn nothing_is_in_flight(&self, queue: &str) {
        for gauge in [
            "client_in_flight",
            "server_in_flight",
            "server_replies_waiting",
        ] {
            self.comes_to(&format!("redisrpc_{gauge}{{queue={queue}}}"), 0.0)
                .await;
        }
    }
}

fn call(method: &str, outcome: &str) -> String {
    format!("redisrpc_client_call_duration_seconds{{queue=calc,method={method},outcome={outcome}}}")
}

fn run(method: &str, outcome: &str) -> String {
    format!("redisrpc_server_run_duration_seconds{{queue=calc,method={method},outcome={outcome}}}")
}

fn unrun(reason: &str) -> String {
    format!("redisrpc_server_unrun_total{{queue=calc,reason={reason}}}")
}

const CALLING: &str = "redisrpc_client_in_flight{queue=calc}";
const RUNNING: &str = "redisrpc_server_in_flight{queue=calc}";

#[tokio::test]
async fn each_metric_of_the_guide_moves_and_no_other() {
    let recorder = DebuggingRecorder::new();
    let (seen, _guard) = record(&recorder);
    let (redis, broker) = redis().await;
    retried_and_withdrawn(&seen, &broker).await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    succeeded_and_failed(&seen, &broker).await;
    refused(&seen, &redis).await;
    replies_waited(&seen, &redis, &broker).await;
    taken_over(&seen, &redis, &broker).await;
    server.stop().await;
    seen.nothing_is_in_flight("calc").await;
    seen.nothing_is_in_flight("work").await;
    assert!(seen.of("redisrpc_connections_total{outcome=ok}") > 2.0);

    let (_, table) = PAGE.split_once("| name | kind | labels |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let rows: BTreeSet<_> = rows.map(str::to_owned).collect();
    assert_eq!(*seen.rows.borrow(), rows);
}

async fn retried_and_withdrawn(seen: &Seen, broker: &Broker) {
    let client = ConcurrentClient::new(broker, "calc");
    let retry = Retry::new(2).attempt_timeout(Duration::from_millis(50));
    let late = client.add(1, 2).retry(retry).await;
    assert!(late.unwrap_err().is_timeout());
    assert_eq!(
        seen.of("redisrpc_client_retries_total{queue=calc,method=add}"),
        1.0
    );
    assert_eq!(seen.of("redisrpc_client_withdrawn_total{queue=calc}"), 2.0);
    assert_eq!(seen.of(&call("add", "timeout")), 1.0);
    assert!(seen.sum(&call("add", "timeout")) >= 0.1);

    let dropped = tokio::spawn(client.add(1, 2).into_future());
    seen.comes_to(CALLING, 1.0).await;
    seen.comes_to("redisrpc_client_queue_length{queue=calc}", 3.0)
        .await;
    assert_eq!(seen.sum("redisrpc_client_queue_length{queue=calc}"), 3.0);
    dropped.abort();
    seen.comes_to(CALLING, 0.0).await;
    seen.comes_to(&call("add", "cancelled"), 1.0).await;
    seen.comes_to("redisrpc_client_withdrawn_total{queue=calc}", 3.0)
        .await;
}

async fn succeeded_and_failed(seen: &Seen, broker: &Broker) {
    let client = ConcurrentClient::new(broker, "calc");
    assert_eq!(client.add(1, 2).await, Ok(3));
    assert_eq!(client.add(1, 2).oneway().await, Ok(()));
    seen.comes_to(&run("add", "ok"), 2.0).await;
    assert_eq!(seen.of(&call("add", "ok")), 2.0);
    assert_eq!(
        seen.of("redisrpc_server_queue_wait_seconds{queue=calc}"),
        2.0
    );

    assert!(client.panic("on purpose".to_owned()).await.is_err());
    assert_eq!(seen.of(&call("panic", "panic")), 1.0);
    assert_eq!(seen.of(&run("panic", "panic")), 1.0);

    let dropped = tokio::spawn(client.sleep(60_000).into_future());
    seen.comes_to(RUNNING, 1.0).await;
    dropped.abort();
    seen.comes_to(&run("sleep", "cancelled"), 1.0).await;
    assert_eq!(seen.of(&call("sleep", "cancelled")), 1.0);

    // Names that somebody made up are the caller's alone.
    for name in ["made", "up"] {
        assert!(client.client().call(name).await.is_err());
        assert_eq!(seen.of(&call(name, "method_not_found")), 1.0);
    }
    assert_eq!(seen.of(&run("_OTHER", "method_not_found")), 2.0);
    assert!(client.client().ping().await.is_ok());
    assert_eq!(seen.of(&run("_OTHER", "ok")), 1.0);

    // A reply of another type than was expected: the server did its part.
    let unread = client
        .client()
        .call("add")
        .arg(1)
        .arg(2)
        .returning::<String>();
    assert!(unread.await.is_err());
    assert_eq!(seen.of(&call("add", "decode")), 1.0);
    assert_eq!(seen.of(&run("add", "ok")), 3.0);
}

async fn refused(seen: &Seen, redis: &RedisServer) {
    let push = |request: &str| assert_eq!(redis.ask::<usize>(&format!("RPUSH calc {request}")), 1);
    push("rubbish");
    seen.comes_to(&unrun("malformed"), 1.0).await;
    push(r#"{"function_call":{"name":"add"},"response_queue":"other:rpc:x"}"#);
    seen.comes_to(&unrun("foreign_list"), 1.0).await;
    let expired = r#""context":{"id":1,"inbox":"calc:rpc:x","deadline":1}"#;
    push(&format!(
        r#"{{"function_call":{{"name":"add"}},"response_queue":"calc:rpc:x",{expired}}}"#
    ));
    seen.comes_to(&unrun("expired"), 1.0).await;
}

async fn replies_waited(seen: &Seen, redis: &RedisServer, broker: &Broker) {
    let client = ConcurrentClient::new(broker, "calc");
    let waiting = "redisrpc_server_replies_waiting{queue=calc}";
    let call = tokio::spawn(client.sleep(300).into_future());
    seen.comes_to(RUNNING, 1.0).await;
    redis.freeze();
    seen.comes_to(waiting, 1.0).await;
    redis.thaw();
    assert_eq!(call.await.unwrap(), Ok(300));
    seen.comes_to(waiting, 0.0).await;
}

async fn taken_over(seen: &Seen, redis: &RedisServer, broker: &Broker) {
    let mut dead = takeover::Dead::new(redis);
    dead.keeps(&[
        takeover::request("once", "a", ""),
        takeover::request("once", "b", ""),
        takeover::request("often", "c", ""),
        takeover::request("often", "d", r#","attempt":3"#),
    ]);
    dead.dies();
    let server = serve(crate::recovery::worker::server(broker, &redis.url()).await);
    for (fate, requests) in [("interrupted", 2.0), ("again", 1.0), ("dead_letter", 1.0)] {
        let series = format!("redisrpc_server_taken_over_total{{queue=work,fate={fate}}}");
        seen.comes_to(&series, requests).await;
    }
    crate::recovery::end(redis, "c");
    server.stop().await;
}

#[tokio::test]
async fn what_a_stopped_server_ran_and_what_waited_too_long_is_told_apart() {
    let recorder = DebuggingRecorder::new();
    let (seen, _guard) = record(&recorder);
    let (_redis, broker) = redis().await;
    let held = Held::default();
    let client = HeldClient::from(Client::new(&broker, "calc"));
    let server = Server::new(&broker, "calc", held.clone())
        .max_request_bytes(1_000)
        .max_queue_time(Duration::from_millis(1))
        .concurrency(1)
        .drain_timeout(Duration::ZERO);
    let waited = tokio::spawn(client.letters(1).into_future());
    seen.comes_to("redisrpc_client_queue_length{queue=calc}", 1.0)
        .await;
    sleep(Duration::from_millis(20)).await;
    let server = serve(server);
    assert!(waited.await.unwrap().unwrap_err().is_overloaded());
    assert_eq!(seen.of(&unrun("overstayed")), 1.0);

    let large = client.client().call("letters").arg("x".repeat(1_000));
    assert!(large.await.is_err());
    assert_eq!(seen.of(&unrun("too_large")), 1.0);
    server.stop().await;

    let server = serve(Server::new(&broker, "calc", held.clone()).drain_timeout(Duration::ZERO));
    let stopped = tokio::spawn(client.letters(1).into_future());
    held.has_begun(1).await;
    server.stop().await;
    assert!(stopped.await.unwrap().is_err());
    assert_eq!(seen.of(&run("letters", "interrupted")), 1.0);
    assert_eq!(seen.of(&call("letters", "interrupted")), 1.0);
    seen.nothing_is_in_flight("calc").await;
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_counted() {
    let recorder = DebuggingRecorder::new();
    let (seen, _guard) = record(&recorder);
    let (mut redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(1, 2).await, Ok(3));
    let opened = seen.of("redisrpc_connections_total{outcome=ok}");
    redis.kill();
    let failed = until(|| seen.of("redisrpc_connections_total{outcome=failed}") > 0.0);
    assert!(failed.await);
    redis.restart();
    assert_eq!(
        client
            .add(1, 2)
            .timeout(redisrpc_test_support::PATIENCE)
            .await,
        Ok(3)
    );
    assert!(seen.of("redisrpc_connections_total{outcome=ok}") > opened);
    server.stop().await;
    seen.nothing_is_in_flight("calc").await;
}

struct Feed;

#[redisrpc::service]
impl Feed {
    pub fn numbers(&self, end: u64) -> impl Stream<Item = u64> + use<> {
        stream::iter(0..end)
    }

    pub fn fails(&self) -> impl Stream<Item = Result<u64, String>> + use<> {
        stream::iter([Ok(1), Err("on purpose".to_owned())])
    }
}

#[tokio::test]
async fn a_stream_is_one_call_and_one_run_however_many_its_parts() {
    let recorder = DebuggingRecorder::new();
    let (seen, _guard) = record(&recorder);
    let (_redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Feed));
    let feed = FeedClient::new(&broker, "calc");

    assert_eq!(feed.numbers(50_000).all().await.unwrap().len(), 50_000);
    assert_eq!(seen.of(&call("numbers", "ok")), 1.0);
    seen.comes_to(&run("numbers", "ok"), 1.0).await;

    assert!(feed.fails().all().await.is_err());
    assert_eq!(seen.of(&call("fails", "service_error")), 1.0);
    seen.comes_to(&run("fails", "service_error"), 1.0).await;

    let mut endless = feed.numbers(u64::MAX);
    assert!(endless.next().await.unwrap().is_ok());
    assert_eq!((seen.of(CALLING), seen.of(RUNNING)), (1.0, 1.0));
    drop(endless);
    assert_eq!(seen.of(&call("numbers", "cancelled")), 1.0);
    seen.comes_to(&run("numbers", "cancelled"), 1.0).await;
    server.stop().await;
    seen.nothing_is_in_flight("calc").await;
}
