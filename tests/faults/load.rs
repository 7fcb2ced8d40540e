//! What happens to Redis while many call.
//!
//! Whatever it is: no call runs twice, none says falsely that it did not run, none
//! is without an outcome after its deadline, and soon calls are answered again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redisrpc::{Broker, Server};
use redisrpc_test_support::{RedisServer, proxy::Proxy, until, wait_until};
use tokio::task::JoinSet;

use super::ledger::{Counted, CountedClient, Kind};
use crate::fixture::{Serving, redis, serve};

/// How many call at a time.
const CALLERS: usize = 16;

/// A server, and callers that call it one call after the other.
pub struct Load {
    pub counted: Counted,
    client: CountedClient,
    server: Serving,
    callers: JoinSet<()>,
    end: Arc<AtomicBool>,
}

impl Load {
    /// Starts a load of calls that wait for so long, the client on one broker and
    /// the server on the other.
    pub async fn start(near: &Broker, far: &Broker, timeout: Duration) -> Self {
        let counted = Counted::default();
        let mut load = Self {
            client: CountedClient::new(near, "calc"),
            server: serve(Server::new(far, "calc", counted.clone())),
            counted,
            callers: JoinSet::new(),
            end: Arc::default(),
        };
        for _ in 0..CALLERS {
            let (counted, client) = (load.counted.clone(), load.client.clone());
            let end = Arc::clone(&load.end);
            let kind = Kind {
                timeout,
                ..Kind::SMALL
            };
            load.callers.spawn(async move {
                while !end.load(Ordering::SeqCst) {
                    counted.call(&client, counted.next(), kind).await;
                    // A machine that is not ours alone is not to be kept busy.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            });
        }
        load.flows().await;
        load
    }

    /// Waits until each caller may have been answered once more.
    pub async fn flows(&self) {
        let before = self.counted.answered();
        let flows = until(|| self.counted.answered() >= before + CALLERS).await;
        assert!(flows, "calls are not answered");
    }

    /// Ends all, and holds what callers were told against what ran.
    pub async fn end(self) -> Counted {
        let counted = self.stop().await;
        counted.check().unwrap();
        counted
    }

    /// Ends all once calls are answered.
    pub async fn stop(mut self) -> Counted {
        self.flows().await;
        self.end.store(true, Ordering::SeqCst);
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        self.server.stop().await;
        self.counted
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_killed_again_and_again_lose_calls_and_tell() {
    let (redis, broker) = redis().await;
    let load = Load::start(&broker, &broker, Duration::from_secs(1)).await;
    for _ in 0..20 {
        assert!(redis.ask::<i64>("CLIENT KILL TYPE normal SKIPME yes") > 0);
        load.flows().await;
    }
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_under_way_when_redis_is_paused_are_all_answered() {
    let (redis, broker) = redis().await;
    let load = Load::start(&broker, &broker, Duration::from_secs(30)).await;
    for what in ["ALL", "WRITE"] {
        redis.tell(&format!("CLIENT PAUSE 1500 {what}"));
        load.flows().await;
    }
    let counted = load.end().await;
    assert_eq!(counted.answered(), counted.told());
}

/// Options of a Redis that has on disk what it has confirmed.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_redis_that_is_killed_runs_no_call_twice() {
    let mut redis = RedisServer::with(&DURABLE);
    let broker = Broker::connect(redis.url()).await.unwrap();
    let load = Load::start(&broker, &broker, Duration::from_secs(1)).await;
    for _ in 0..5 {
        redis.kill();
        tokio::task::block_in_place(|| redis.restart());
        load.flows().await;
    }
    load.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_redis_that_is_killed_keeps_the_calls_that_wait_in_it() {
    let mut redis = RedisServer::with(&DURABLE);
    let broker = Broker::connect(redis.url()).await.unwrap();
    let (counted, client) = (Counted::default(), CountedClient::new(&broker, "calc"));
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let (counted, client) = (counted.clone(), client.clone());
        let kind = Kind {
            timeout: Duration::from_secs(60),
            ..Kind::SMALL
        };
        calls.spawn(async move { counted.call(&client, counted.next(), kind).await });
    }
    assert!(until(|| redis.ask::<usize>("LLEN calc") == CALLERS).await);
    redis.kill();
    tokio::task::block_in_place(|| redis.restart());
    let server = serve(Server::new(&broker, "calc", counted.clone()));
    assert_eq!(calls.join_all().await, [true; CALLERS]);
    server.stop().await;
    counted.check().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_and_servers_follow_when_master_and_replica_change_places() {
    let nodes = [RedisServer::start(), RedisServer::start()];
    let says = |node: usize, what: &str| {
        let info: Result<String, _> = nodes[node].try_ask("INFO replication");
        info.is_ok_and(|info| info.contains(what))
    };
    nodes[1].tell(&format!("REPLICAOF {}", address(&nodes[0])));
    assert!(wait_until(|| says(1, "master_link_status:up")));
    let proxies = [Proxy::start(&nodes[0]), Proxy::start(&nodes[0])];
    let [near, far] = [&proxies[0], &proxies[1]].map(|proxy| Broker::connect(proxy.url()));
    let (near, far) = (near.await.unwrap(), far.await.unwrap());
    let load = Load::start(&near, &far, Duration::from_secs(2)).await;
    for (old, new) in [(0, 1), (1, 0)] {
        // The replica knows before its master does that it follows.
        assert!(until(|| says(old, "state=online")).await);
        // Nothing that was written is missing from the new master.
        let to = address(&nodes[new]);
        nodes[old].tell(&format!("FAILOVER TO {to} TIMEOUT 20000"));
        assert!(until(|| says(new, "role:master")).await);
        for proxy in &proxies {
            proxy.lead_to(&nodes[new]);
        }
        load.flows().await;
        assert!(until(|| says(old, "master_link_status:up")).await);
    }
    load.end().await;
}

/// Host and port, as two words.
fn address(node: &RedisServer) -> String {
    node.url().replace("redis://", "").replace(':', " ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_a_full_redis_refuses_are_written_when_it_has_room() {
    let (redis, broker) = redis().await;
    let counted = Counted::default();
    let server = serve(Server::new(&broker, "calc", counted.clone()));
    let client = CountedClient::new(&broker, "calc");
    let (call, kind) = (
        counted.next(),
        Kind {
            gated: true,
            reply: 10_000,
            timeout: Duration::from_secs(60),
            ..Kind::SMALL
        },
    );
    let (book, caller) = (counted.clone(), client.clone());
    let made = tokio::spawn(async move { book.call(&caller, call, kind).await });
    assert!(until(|| counted.has_begun(call)).await);
    redis.tell("CONFIG SET maxmemory 1");
    counted.open(true);
    // Refused at least twice.
    assert!(until(|| refusals(&redis) >= 2).await);
    assert!(!made.is_finished());
    assert!(!counted.call(&client, counted.next(), Kind::SMALL).await);
    redis.tell("CONFIG SET maxmemory 0");
    assert!(made.await.unwrap());
    assert!(counted.call(&client, counted.next(), Kind::SMALL).await);
    server.stop().await;
    counted.check().unwrap();
}

/// How often a Redis has said that it has no room.
fn refusals(redis: &RedisServer) -> u64 {
    let info: String = redis.ask("INFO errorstats");
    let count = info
        .lines()
        .find_map(|line| line.strip_prefix("errorstat_OOM:count="));
    count.map_or(0, |count| count.parse().expect("a number"))
}
