//! One service on several queues, so that its load spreads over a cluster.

use std::{collections::BTreeSet, time::Duration};

use redisrpc::{Broker, Client, Server};
use redisrpc_test_support::{RedisServer, cluster::RedisCluster, shared::SharedCluster, until};
use tokio::task::JoinSet;

use crate::{
    fixture::{Concurrent, ConcurrentClient, serve},
    old_peer::OldClient,
};

const SHARDS: usize = 8;

/// How many pushes each master of a cluster has taken.
fn pushes(cluster: &RedisCluster) -> Vec<u64> {
    let stats = cluster.nodes().iter();
    let stats = stats.map(|node| node.ask::<String>("INFO commandstats"));
    let calls = stats.map(|stats| {
        let (_, pushes) = stats.split_once("cmdstat_rpush:calls=")?;
        pushes.split(',').next()?.parse().ok()
    });
    calls.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn the_calls_of_one_service_reach_all_masters_of_a_cluster() {
    let cluster = RedisCluster::start();
    let broker = Broker::connect(cluster.url()).await.unwrap();
    let server = serve(Server::new(&broker, "calc", Concurrent).shards(SHARDS));
    let client = Client::new(&broker, "calc").shards(SHARDS);
    let client = ConcurrentClient::from(client);
    let before = pushes(&cluster);
    for n in 0..100 {
        assert_eq!(client.add(n, 1).await.unwrap(), n + 1);
    }
    let after = pushes(&cluster);
    let more = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| *after - *before >= 10);
    assert_eq!(more.count(), 3, "{before:?} {after:?}");
    let owners = (0..SHARDS).map(|shard| match shard {
        0 => cluster.owner(cluster.slot_of("calc")),
        _ => cluster.owner(cluster.slot_of(&format!("calc#{shard}"))),
    });
    assert_eq!(owners.collect::<BTreeSet<_>>().len(), 3);
    server.stop().await;
}

#[tokio::test]
async fn each_shard_is_taken_over_when_its_server_died() {
    let cluster = SharedCluster::get();
    let broker = Broker::connect(cluster.url()).await.unwrap();
    let second = |server: Server| server.shards(SHARDS).recovery_time(Duration::from_secs(2));
    // Ends without a word: nobody else renews its lease.
    let dying = Broker::connect(cluster.url()).await.unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.spawn(second(Server::new(&dying, "sharded", Concurrent)).run());
    let client = Client::new(&broker, "sharded").shards(SHARDS);
    let client = ConcurrentClient::from(client);
    let mut calls = JoinSet::new();
    for _ in 0..SHARDS {
        calls.spawn(
            client
                .sleep(600_000)
                .timeout(Duration::from_secs(60))
                .into_future(),
        );
    }
    let taken = until(|| {
        let kept = cluster.nodes().iter().map(|node| {
            let keys: Vec<String> = node.ask("KEYS redisrpc:{sharded*:run:*");
            keys.len()
        });
        kept.sum::<usize>() == SHARDS
    });
    assert!(taken.await, "each shard's request is kept");
    // In the middle of it: nothing more is said.
    runtime.shutdown_background();
    let server = serve(second(Server::new(&broker, "sharded", Concurrent)));
    for outcome in calls.join_all().await {
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("server was lost"), "{error}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_clients_call_a_service_that_has_shards() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let server = serve(Server::new(&broker, "calc", Concurrent).shards(3));
    let mut old = OldClient::new(&redis, "calc");
    let request = r#"{"function_call":{"name":"add","args":[1,2]},"response_queue":"calc:rpc:X"}"#;
    let reply = tokio::task::block_in_place(|| old.call(request, "calc:rpc:X"));
    assert_eq!(reply, r#"{"return_value":3}"#);
    server.stop().await;
}
