//! The master of sentinels: found by its name, and followed when it is another.

use std::time::Duration;

use redisrpc::{Broker, Server};
use redisrpc_test_support::sentinel::Sentinels;
use tokio::task::block_in_place;

use crate::{
    faults::load::Load,
    fixture::{Concurrent, ConcurrentClient, serve},
};

/// How long the calls of a load wait.
const TIMEOUT: Duration = Duration::from_secs(2);

async fn brokers(redis: &Sentinels) -> [Broker; 2] {
    let url = redis.url();
    let (near, far) = (Broker::connect(&url), Broker::connect(&url));
    [near.await.unwrap(), far.await.unwrap()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_after_master_and_replica_changed_places() {
    let redis = Sentinels::start();
    let [near, far] = brokers(&redis).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    for _ in 0..2 {
        block_in_place(|| redis.failover());
        load.flows().await;
    }
    // The old master serves for a moment after the new one has begun to: what waits
    // in both may run at both.
    load.stop().await.check_told().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_after_the_master_was_killed() {
    let mut redis = Sentinels::start();
    let [near, far] = brokers(&redis).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    for _ in 0..2 {
        let killed = redis.kill_master();
        block_in_place(|| redis.until_master(1 - killed));
        load.flows().await;
        block_in_place(|| redis.restart(killed));
        load.flows().await;
    }
    // What the old master had not told its replica yet is not known to have run.
    load.stop().await.check_told().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_while_the_old_master_answers_nobody() {
    let redis = Sentinels::start();
    let [near, far] = brokers(&redis).await;
    let load = Load::start(&near, &far, TIMEOUT).await;
    let old = redis.master();
    redis.nodes()[old].freeze();
    block_in_place(|| redis.until_master(1 - old));
    load.flows().await;
    redis.nodes()[old].thaw();
    load.stop().await.check_told().unwrap();
}

#[tokio::test]
async fn a_master_that_sentinels_do_not_know_or_that_is_none_is_an_error() {
    let redis = Sentinels::start();
    let unknown = redis.url().replace("/main", "/other");
    let error = Broker::connect(unknown).await.unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let cause = format!("{error}: {cause:?}");
    assert!(cause.contains("knows no master `other`"), "{cause}");
    // One that does not answer does no harm.
    let url = redis.url().replace("//", "//127.0.0.1:1,");
    let broker = Broker::connect(url).await.unwrap();
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let sum = ConcurrentClient::new(&broker, "calc").add(1, 2).await;
    assert_eq!(sum.unwrap(), 3);
    server.stop().await;
}
