//! Streams on a cluster, and by sentinels.

use redisrpc::{Broker, CallError, StreamCall};
use redisrpc_test_support::{PATIENCE, cluster::RedisCluster, sentinel::Sentinels};
use tokio::{task::block_in_place, time::timeout};

use super::{Counter, CounterClient, serve_counter, streams_of_any_length};
use crate::fixture::Serving;

/// A counter and its client, each with a broker of its own.
async fn apart(url: &str) -> (Counter, CounterClient, Serving) {
    let (near, far) = tokio::join!(Broker::connect(url), Broker::connect(url));
    let (counter, _, server) = serve_counter(&far.unwrap());
    (
        counter,
        CounterClient::new(&near.unwrap(), "counter"),
        server,
    )
}

/// Reads up to `end`; whether it got there. A stream that a change cost some of its parts
/// ends with an error, and hangs in no case.
async fn reads(ticks: &mut StreamCall<u64>, from: u64, end: u64) -> bool {
    for number in from..end {
        let next = timeout(2 * PATIENCE, ticks.next()).await;
        match next.expect("an item, or an end") {
            Some(Ok(item)) => assert_eq!(item, number),
            Some(Err(CallError::Rpc(_))) => return false,
            other => panic!("{other:?} after {number}"),
        }
    }
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_go_on_while_their_lists_move_to_other_nodes() {
    let cluster = RedisCluster::start();
    let broker = Broker::connect(cluster.url()).await.unwrap();
    streams_of_any_length(&broker).await;
    let (counter, client, _server) = apart(&cluster.url()).await;
    let mut ticks = client.tick(u64::MAX, 1);
    assert!(reads(&mut ticks, 0, 100).await);
    // What the server is told is in the slot of its queue.
    let slot = cluster.slot_of("counter");
    for round in 0..3 {
        let to = (cluster.owner(slot) + 1) % 3;
        block_in_place(|| cluster.move_slot(slot, to));
        let from = 100 + round * 1_500;
        assert!(reads(&mut ticks, from, from + 1_500).await);
    }
    drop(ticks);
    counter.open(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_or_ends_when_the_master_is_another() {
    let redis = Sentinels::start();
    let (counter, client, _server) = apart(&redis.url()).await;
    let mut ticks = client.tick(u64::MAX, 1);
    assert!(reads(&mut ticks, 0, 100).await);
    block_in_place(|| redis.failover());
    reads(&mut ticks, 100, 2_500).await;
    drop(ticks);
    counter.open(0).await;
    let again = client.count(1_000).all().await;
    assert_eq!(again.unwrap().len(), 1_000);
}
