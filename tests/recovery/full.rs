//! A Redis without memory: servers go on taking requests, which is what frees it.

use redisrpc::{Broker, Server};
use redisrpc_test_support::{PATIENCE, RedisServer, until};

use super::{
    LONG, client, interrupted, ran,
    worker::{RECOVERY, server, worker},
};
use crate::fixture::{Held, HeldClient, redis, serve};

#[tokio::test]
async fn a_full_redis_is_emptied_by_servers_that_start_then() {
    let (redis, broker) = redis().await;
    let client = HeldClient::new(&broker, "calc");
    let call = || tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
    let calls: Vec<_> = (0..10).map(|_| call()).collect();
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 10).await);
    redis.tell("CONFIG SET maxmemory 1");
    let held = Held::default();
    let server = Server::new(&broker, "calc", held.clone()).recovery_time(RECOVERY);
    let server = serve(server);
    held.has_begun(10).await;
    assert_eq!(redis.ask::<i64>("LLEN calc"), 0);
    redis.tell("CONFIG SET maxmemory 0");
    held.end();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "x");
    }
    server.stop().await;
}

/// One call at a time, as a service with a `&mut self` method has it.
#[derive(Debug, Default)]
struct InTurn(Vec<u64>);

#[redisrpc::service]
impl InTurn {
    pub fn next(&mut self, number: u64) -> usize {
        self.0.push(number);
        self.0.len()
    }
}

/// The calls are queued and answered all the same, each in its turn.
async fn takes_one_by_one_without_memory(redis: &RedisServer, broker: &Broker) {
    let client = InTurnClient::new(broker, "turn");
    let mut calls = Vec::new();
    for n in 1..=3 {
        calls.push(tokio::spawn(client.next(n).timeout(PATIENCE).into_future()));
        assert!(until(|| redis.ask::<u64>("LLEN turn") == n).await);
    }
    redis.tell("CONFIG SET maxmemory 1");
    let server = Server::new(broker, "turn", InTurn::default()).recovery_time(RECOVERY);
    let server = serve(server);
    assert!(
        until(|| redis.ask::<i64>("LLEN turn") == 0).await,
        "they are taken"
    );
    redis.tell("CONFIG SET maxmemory 0");
    for (n, call) in (1..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_full_redis_gives_requests_to_servers_that_take_one_at_a_time() {
    let (redis, broker) = redis().await;
    takes_one_by_one_without_memory(&redis, &broker).await;
    // And to those that have room for one call.
    let held = Held::default();
    let server = Server::new(&broker, "calc", held.clone()).concurrency(1);
    let server = serve(server.recovery_time(RECOVERY));
    let client = HeldClient::new(&broker, "calc");
    let call = || tokio::spawn(client.letters(1).timeout(PATIENCE).into_future());
    let calls = [call(), call(), call()];
    held.has_begun(1).await;
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 2).await);
    redis.tell("CONFIG SET maxmemory 1");
    for begun in 2..=3 {
        held.end_one().await;
        held.has_begun(begun).await;
    }
    redis.tell("CONFIG SET maxmemory 0");
    held.end();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "x");
    }
    server.stop().await;
}

#[tokio::test]
async fn servers_of_a_full_redis_go_on_taking_requests() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let server = Server::new(&broker, "calc", held.clone()).concurrency(5);
    let server = serve(server.recovery_time(RECOVERY));
    let client = HeldClient::new(&broker, "calc");
    let call = || tokio::spawn(client.letters(1).timeout(3 * PATIENCE).into_future());
    let calls: Vec<_> = (0..10).map(|_| call()).collect();
    held.has_begun(5).await;
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 5).await);
    let names = || redis.ask::<Vec<String>>("HKEYS redisrpc:{calc}:servers");
    let before = names();
    redis.tell("CONFIG SET maxmemory 1");
    // It goes on saying that it lives.
    tokio::time::sleep(2 * RECOVERY).await;
    held.end();
    held.has_begun(10).await;
    held.end();
    redis.tell("CONFIG SET maxmemory 0");
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "x");
    }
    assert_eq!((held.begun(), names()), (10, before));
    let next = call();
    held.has_begun(11).await;
    held.end();
    assert_eq!(next.await.unwrap().unwrap(), "x");
    server.stop().await;
    assert_eq!(redis.left_behind(), [""; 0]);
}

#[tokio::test]
async fn callers_of_a_dead_server_are_told_when_a_full_redis_has_room() {
    let (redis, broker) = redis().await;
    let doomed = worker(&redis, "reported");
    let call = client(&broker).once("a".into()).timeout(LONG);
    let call = tokio::spawn(call.into_future());
    ran(&redis, "a", 1).await;
    redis.tell("CONFIG SET maxmemory 1");
    doomed.signal("KILL");
    let other = serve(server(&broker, &redis.url()).await);
    // What tells the caller is refused, and tried again.
    assert!(until(|| rejected_pushes(&redis) >= 2).await);
    assert!(!call.is_finished());
    redis.tell("CONFIG SET maxmemory 0");
    interrupted(call.await.unwrap());
    ran(&redis, "a", 1).await;
    other.stop().await;
}

/// How many RPUSH a Redis has rejected.
fn rejected_pushes(redis: &RedisServer) -> u64 {
    let info: String = redis.ask("INFO commandstats");
    let push = info
        .lines()
        .find_map(|line| line.strip_prefix("cmdstat_rpush:"));
    let rejected = push.and_then(|push| push.split_once("rejected_calls=")?.1.split(',').next());
    rejected.map_or(0, |count| count.parse().expect("a number"))
}
