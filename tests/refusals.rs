//! Redis answers, and what it answers is no.

use std::time::Duration;

use redisrpc::{Broker, CallError, Client, Error, Server};
use redisrpc_test_support::{RedisServer, until};
use serde_json::{Value, json};

use crate::fixture::{Concurrent, ConcurrentClient, Held, HeldClient, redis, serve};

/// Makes it the replica of nobody, so that it refuses all writes.
fn demote(redis: &RedisServer) {
    redis.tell("REPLICAOF 127.0.0.1 1");
}

fn promote(redis: &RedisServer) {
    redis.tell("REPLICAOF NO ONE");
}

/// Waits until Redis has refused to append to a list.
async fn refuses_a_push(redis: &RedisServer) {
    let refused = until(|| {
        let stats: String = redis.ask("INFO commandstats");
        let mut pushes = stats
            .lines()
            .filter(|line| line.starts_with("cmdstat_rpush:"));
        pushes.any(|line| !line.contains("rejected_calls=0"))
    });
    assert!(refused.await, "a push is refused");
}

/// The own queue of the one request that is queued, which is taken.
fn take_request(redis: &RedisServer) -> String {
    let raw: String = redis.ask("LPOP calc");
    let request: Value = serde_json::from_str(&raw).unwrap();
    request["response_queue"].as_str().unwrap().to_owned()
}

/// Waits until Redis is asked about one call's own queue.
async fn watches_one(redis: &RedisServer) {
    let watched = until(|| redis.number("tracking_total_keys") == 1).await;
    assert!(watched, "the call's own queue is watched");
}

#[tokio::test]
async fn requests_wait_while_redis_is_a_replica() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let _server = serve(Server::new(&broker, "calc", held.clone()));
    let client = HeldClient::new(&broker, "calc");
    demote(&redis);
    let call = tokio::spawn(client.letters(3).into_future());
    let oneway = tokio::spawn(client.letters(4).oneway().into_future());
    refuses_a_push(&redis).await;
    assert!(!call.is_finished() && !oneway.is_finished());
    promote(&redis);
    held.has_begun(2).await;
    held.end();
    assert_eq!(call.await.unwrap().unwrap(), "xxx");
    oneway.await.unwrap().unwrap();
    assert_eq!(held.begun(), 2);
}

#[tokio::test]
async fn requests_wait_while_redis_loads_its_data() {
    // It takes 20 ms for each key, and looks up after each.
    let slowly = "--enable-debug-command yes --rdbcompression no --key-load-delay 20000 \
                  --loading-process-events-interval-bytes 1024";
    let redis = RedisServer::with(&slowly.split(' ').collect::<Vec<_>>());
    let broker = Broker::connect(redis.url()).await.unwrap();
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    redis.tell("DEBUG POPULATE 100 key 2000");
    let mut loading = redis.connection();
    let loaded = std::thread::spawn(move || {
        let reload = redis::cmd("DEBUG").arg("RELOAD").query(&mut loading);
        reload.map(|(): ()| ())
    });
    assert!(until(|| redis.number("loading") == 1).await, "it loads");
    let call = tokio::spawn(client.add(1, 2).into_future());
    refuses_a_push(&redis).await;
    assert!(!call.is_finished());
    assert_eq!(call.await.unwrap().unwrap(), 3);
    loaded.join().unwrap().unwrap();
}

#[tokio::test]
async fn replies_wait_while_redis_is_a_replica() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let _server = serve(Server::new(&broker, "calc", held.clone()));
    let client = HeldClient::new(&broker, "calc");
    let call = tokio::spawn(client.letters(3).into_future());
    held.has_begun(1).await;
    demote(&redis);
    held.end();
    refuses_a_push(&redis).await;
    assert!(!call.is_finished());
    promote(&redis);
    assert_eq!(call.await.unwrap().unwrap(), "xxx");
    assert_eq!(held.begun(), 1);
}

#[tokio::test]
async fn a_reply_waits_while_redis_has_no_memory() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let _server = serve(Server::new(&broker, "calc", held.clone()));
    let client = HeldClient::new(&broker, "calc");
    let call = tokio::spawn(client.letters(3).into_future());
    held.has_begun(1).await;
    redis.tell("CONFIG SET maxmemory 1");
    held.end();
    refuses_a_push(&redis).await;
    assert!(!call.is_finished());
    redis.tell("CONFIG SET maxmemory 0");
    assert_eq!(call.await.unwrap().unwrap(), "xxx");
    assert_eq!(held.begun(), 1);
}

#[tokio::test]
async fn a_request_fails_at_once_while_redis_has_no_memory() {
    let (redis, broker) = redis().await;
    redis.tell("CONFIG SET maxmemory 1");
    let call = ConcurrentClient::new(&broker, "calc").add(1, 1);
    let error = call.await.unwrap_err();
    assert!(
        matches!(&error, CallError::Rpc(Error::Transport(_))),
        "{error:?}"
    );
    assert!(!error.may_have_run());
}

#[tokio::test]
async fn an_old_servers_reply_is_taken_after_redis_was_a_replica() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let call = tokio::spawn(client.call("add").arg(1).arg(2).into_future());
    watches_one(&redis).await;
    let own_queue = take_request(&redis);
    demote(&redis);
    let other = tokio::spawn(client.call("val").into_future());
    refuses_a_push(&redis).await;
    promote(&redis);
    // It went over a new connection, which watches nothing by itself.
    let written = until(|| redis.ask::<i64>("LLEN calc") == 1).await;
    assert!(written, "the other call is written");
    let reply = format!(r#"RPUSH {own_queue} {{"return_value":3}}"#);
    let _: i64 = redis.ask(&reply);
    assert_eq!(call.await.unwrap().unwrap(), json!(3));
    other.abort();
}

#[tokio::test]
async fn a_reply_list_of_the_wrong_type_ends_its_call_alone() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let call = tokio::spawn(client.call("add").arg(1).arg(2).into_future());
    watches_one(&redis).await;
    let own_queue = take_request(&redis);
    let other = tokio::spawn(client.call("val").into_future());
    let queued = until(|| redis.ask::<i64>("LLEN calc") == 1).await;
    assert!(queued, "the other call is written");
    let before = redis.number("total_commands_processed");
    redis.tell(&format!("SET {own_queue} text"));
    let error = call.await.unwrap().unwrap_err();
    assert!(error.may_have_run(), "its request was taken: {error:?}");
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert!(
        cause.as_ref().is_some_and(|why| why.contains("WRONGTYPE")),
        "{cause:?}"
    );
    let commands = redis.number("total_commands_processed") - before;
    assert!(commands < 50, "{commands} commands for one call");
    assert!(!other.is_finished());
    let other_queue = take_request(&redis);
    let _: i64 = redis.ask(&format!(r#"RPUSH {other_queue} {{"return_value":4}}"#));
    assert_eq!(other.await.unwrap().unwrap(), json!(4));
}

#[tokio::test]
async fn a_reply_that_redis_cannot_read_holds_up_no_other() {
    let (redis, serving) = redis().await;
    redis.tell("CONFIG SET proto-max-bulk-len 1mb");
    let held = Held::default();
    let _server = serve(Server::new(&serving, "calc", held.clone()));
    let calling = Broker::connect(redis.url()).await.unwrap();
    let client = HeldClient::new(&calling, "calc");
    let call = |letters| tokio::spawn(client.letters(letters).into_future());
    let mut calls: Vec<_> = (0..20).map(call).collect();
    let too_large = call(2_000_000);
    calls.extend((20..40).map(call));
    held.has_begun(41).await;
    held.end();
    let all = async {
        for (letters, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap().len(), letters);
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(10), all).await;
    assert!(answered.is_ok(), "replies wait behind one that cannot go");
    too_large.abort();
}

#[tokio::test]
async fn a_server_serves_on_after_a_reply_that_redis_cannot_read() {
    let (redis, broker) = redis().await;
    redis.tell("CONFIG SET proto-max-bulk-len 1mb");
    let held = Held::default();
    let _held = serve(Server::new(&broker, "held", held.clone()));
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let too_large = HeldClient::new(&broker, "held").letters(2_000_000);
    let too_large = tokio::spawn(too_large.timeout(Duration::from_secs(2)).into_future());
    held.has_begun(1).await;
    held.end();
    assert!(too_large.await.unwrap().unwrap_err().may_have_run());
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
}
