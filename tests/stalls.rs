//! Redis says nothing for a while and then goes on.

use std::time::Duration;

use redisrpc::Server;
use redisrpc_test_support::{RedisServer, until};

use crate::fixture::{Concurrent, ConcurrentClient, redis, serve};

/// Longer than any wait of a pop and the patience with it.
const STALL: Duration = Duration::from_millis(5500);

/// Calls before and while Redis stalls; all are answered.
async fn calls_survive(stall: impl FnOnce(&RedisServer), end: impl FnOnce(&RedisServer)) {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    // This one's reply is made during the stall.
    let taken = tokio::spawn(client.sleep(1000).into_future());
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    stall(&redis);
    let mut calls = Vec::new();
    for n in 0..5 {
        calls.push(tokio::spawn(client.add(n, 1).into_future()));
        tokio::time::sleep(STALL / 5).await;
    }
    end(&redis);
    assert_eq!(taken.await.unwrap().unwrap(), 1000);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n + 1);
    }
    assert_eq!(client.add(2, 2).await.unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_whose_process_was_stopped_has_lost_no_call() {
    calls_survive(RedisServer::freeze, RedisServer::thaw).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_paused_has_lost_no_call() {
    let pause = format!("CLIENT PAUSE {} ALL", STALL.as_millis());
    calls_survive(|redis| redis.tell(&pause), |_| ()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_to_a_stopped_redis_end_together_by_their_deadline() {
    let (redis, broker) = redis().await;
    let client = ConcurrentClient::new(&broker, "calc");
    let call = |n| {
        let call = client.add(n, 1).timeout(Duration::from_secs(2));
        tokio::spawn(call.into_future())
    };
    let mut calls: Vec<_> = (0..4000).map(call).collect();
    let queued = until(|| redis.ask::<usize>("LLEN calc") == 4000).await;
    assert!(queued, "most are written");
    redis.freeze();
    calls.extend((4000..5000).map(call));
    let all = async {
        for call in calls {
            let error = call.await.unwrap().unwrap_err();
            assert!(error.is_timeout(), "{error:?}");
        }
    };
    // If Redis were asked about each, or each batch, they would take longer.
    let ended = tokio::time::timeout(Duration::from_secs(6), all).await;
    redis.thaw();
    assert!(ended.is_ok(), "some calls are still waiting");
}
