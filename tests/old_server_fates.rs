//! Old servers that end, flush, lag or are many calls behind.

use std::{collections::HashMap, sync::mpsc, time::Duration};

use redis::cmd;
use redisrpc::{CallError, Error, Started};
use redisrpc_test_support::{PATIENCE, RedisServer, until};

use crate::{
    concurrency::clients,
    dialect::{Dialect, calculator},
    fixture::{CalculatorClient, ConcurrentClient, redis},
    old_peer::{Deed, OldServer},
};

/// Long enough for the busiest machine, short enough to wait for.
const SOON: Duration = Duration::from_secs(2);

/// A number of Redis: `LLEN calc`, `DBSIZE`.
fn ask(redis: &RedisServer, command: &str) -> i64 {
    let mut words = command.split(' ');
    let mut asked = cmd(words.next().unwrap());
    asked.arg(words.collect::<Vec<_>>());
    asked.query(&mut redis.connection()).unwrap()
}

/// The error of a call that nobody answered but somebody may have run.
fn assert_may_have_run(error: &CallError) {
    let CallError::Rpc(Error::Timeout(timeout)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(timeout.started(), Started::Unknown);
    assert!(error.may_have_run());
    let text = error.to_string();
    assert!(text.ends_with("a server may have run it"), "{text}");
}

#[tokio::test]
async fn a_request_that_ends_its_server_times_out_as_one_that_may_have_run() {
    let (redis, broker) = redis().await;
    let php = Dialect::Php;
    let server = OldServer::start(&redis, "calc", php, |_| Deed::Ends);
    let calculator_client = CalculatorClient::new(&broker, "calc");
    let error = calculator_client.add(1.0).timeout(SOON).await.unwrap_err();
    assert_may_have_run(&error);
    assert!(server.has_ended());
    let _next = OldServer::start(&redis, "calc", php, calculator(php));
    assert_eq!(calculator_client.add(2.0).await.unwrap(), 2.0);
    assert_eq!(ask(&redis, "DBSIZE"), 0);
}

#[tokio::test]
async fn a_call_that_a_starting_old_server_flushes_times_out_as_one_that_may_have_run() {
    let (redis, broker) = redis().await;
    let calculator_client = CalculatorClient::new(&broker, "calc");
    let pending = tokio::spawn(calculator_client.add(1.0).timeout(SOON).into_future());
    assert!(
        until(|| ask(&redis, "LLEN calc") == 1).await,
        "it is queued"
    );
    let python = Dialect::Python3;
    let server = OldServer::start(&redis, "calc", python, calculator(python));
    let error = pending.await.unwrap().unwrap_err();
    assert_may_have_run(&error);
    // It was not run, as it happens, and the next call is.
    assert_eq!(calculator_client.add(2.0).await.unwrap(), 2.0);
    // It counts when it has answered.
    assert!(until(|| server.served() == 1).await);
    assert_eq!(ask(&redis, "DBSIZE"), 0);
}

#[tokio::test]
async fn a_call_waits_for_an_old_server_that_keeps_its_queue_at_start() {
    let (redis, broker) = redis().await;
    let calculator_client = CalculatorClient::new(&broker, "calc");
    let pending = tokio::spawn(calculator_client.add(1.0).into_future());
    assert!(
        until(|| ask(&redis, "LLEN calc") == 1).await,
        "it is queued"
    );
    let ruby = Dialect::RubyMaster;
    let _server = OldServer::start(&redis, "calc", ruby, calculator(ruby));
    assert_eq!(pending.await.unwrap().unwrap(), 1.0);
}

/// An old server of `add(a, b)` that does not answer before it is told to.
struct Held {
    server: OldServer,
    /// Told when it has taken its first request.
    taken: mpsc::Receiver<()>,
    begin: mpsc::Sender<()>,
}

fn held(redis: &RedisServer, dialect: Dialect) -> Held {
    let (begin, begun) = mpsc::channel();
    let (take, taken) = mpsc::channel();
    let mut waits = true;
    let server = OldServer::start(redis, "calc", dialect, move |call| {
        if std::mem::take(&mut waits) {
            let _ = take.send(());
            // Dropped unsent when its test has failed.
            let _ = begun.recv_timeout(PATIENCE);
        }
        let sum = call.args[0].as_i64().unwrap() + call.args[1].as_i64().unwrap();
        dialect.returned(&sum.to_string()).into()
    });
    Held {
        server,
        taken,
        begin,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_calls_wait_for_one_old_server_over_three_connections() {
    for dialect in [Dialect::Python3, Dialect::Ruby] {
        let (redis, broker) = redis().await;
        let old = held(&redis, dialect);
        let client = ConcurrentClient::new(&broker, "calc");
        let call = |n| tokio::spawn(client.add(n, 1).into_future());
        let mut calls: Vec<_> = (0..499).map(call).collect();
        let in_flight = until(|| ask(&redis, "LLEN calc") == 498).await;
        assert!(in_flight, "one is taken, all others wait");
        // Made while the connection that pops blocks.
        calls.push(call(499));
        let names = ["write", "pop:replies", "push:calls"];
        let three = HashMap::from(names.map(|name| (format!("redisrpc:{name}"), 1)));
        let connected = until(|| clients(&redis) == three).await;
        assert!(connected, "{:?}", clients(&redis));
        old.begin.send(()).unwrap();
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.await.unwrap().unwrap(), n + 1);
        }
        assert_eq!(clients(&redis), three);
        assert!(until(|| old.server.served() == 500).await);
        assert_eq!(ask(&redis, "DBSIZE"), 0);
    }
}

#[tokio::test]
async fn an_old_servers_late_reply_is_not_left_behind() {
    let (redis, broker) = redis().await;
    let old = held(&redis, Dialect::Python3);
    let client = ConcurrentClient::new(&broker, "calc");
    let error = client.add(1, 1).timeout(SOON).await.unwrap_err();
    assert_may_have_run(&error);
    old.begin.send(()).unwrap();
    assert!(until(|| old.server.served() == 1).await, "it answers late");
    assert!(
        until(|| ask(&redis, "DBSIZE") == 0).await,
        "nobody reads it"
    );
    assert_eq!(client.add(1, 2).await.unwrap(), 3);
}

#[tokio::test]
async fn an_old_servers_reply_to_a_dropped_call_is_not_left_behind() {
    let (redis, broker) = redis().await;
    let old = held(&redis, Dialect::Python3);
    let client = ConcurrentClient::new(&broker, "calc");
    let call = tokio::spawn(client.add(1, 1).into_future());
    assert!(until(|| old.taken.try_recv().is_ok()).await, "it is taken");
    assert!(until(|| tracked(&redis) == 1).await, "it is waited for");
    call.abort();
    old.begin.send(()).unwrap();
    assert!(
        until(|| old.server.served() == 1).await,
        "it answers nobody"
    );
    assert!(
        until(|| ask(&redis, "DBSIZE") == 0).await,
        "nobody reads it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_servers_replies_are_found_after_the_clients_connections_were_killed() {
    let (redis, broker) = redis().await;
    let old = held(&redis, Dialect::Python3);
    let client = ConcurrentClient::new(&broker, "calc");
    let calls: Vec<_> = (0..50)
        .map(|n| tokio::spawn(client.add(n, 1).into_future()))
        .collect();
    assert!(until(|| tracked(&redis) == 50).await, "all are waited for");
    kill_clients(&redis);
    old.begin.send(()).unwrap();
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n + 1);
    }
    assert_eq!(ask(&redis, "DBSIZE"), 0);
}

/// Kills the connections of our clients, and not the old server's.
fn kill_clients(redis: &RedisServer) {
    let mut killer = redis.connection();
    let list: String = cmd("CLIENT").arg("LIST").query(&mut killer).unwrap();
    let ours = list.lines().filter(|line| line.contains(" name=redisrpc:"));
    let mut killed = 0;
    for client in ours {
        let id = client
            .split(' ')
            .find_map(|field| field.strip_prefix("id="));
        let kill = ["KILL", "ID", id.unwrap()];
        killed += cmd("CLIENT").arg(&kill).query::<i64>(&mut killer).unwrap();
    }
    // The one for pushes beside the pops may not have been needed yet.
    assert!(killed >= 2, "{killed}");
}

/// How many keys Redis watches for its clients.
fn tracked(redis: &RedisServer) -> i64 {
    let info: String = cmd("INFO")
        .arg("stats")
        .query(&mut redis.connection())
        .unwrap();
    let keys = info
        .lines()
        .find_map(|line| line.strip_prefix("tracking_total_keys:"));
    keys.unwrap().trim().parse().unwrap()
}
