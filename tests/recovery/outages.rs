//! Redis is gone for longer than a server may be silent, or forgets everything.

use std::time::Duration;

use redisrpc::{Broker, Server};
use redisrpc_test_support::{RedisServer, until};

use super::{LONG, kept};
use crate::{
    faults::load::Load,
    fixture::{Held, HeldClient, Serving, redis, serve},
};

/// Long enough that servers say in time that they live when Redis is back.
const RECOVERY: Duration = Duration::from_secs(6);

/// Longer than a server is taken to live after it was heard of last.
const OUTAGE: Duration = Duration::from_secs(3);

fn server(broker: &Broker, held: &Held) -> Serving {
    serve(Server::new(broker, "calc", held.clone()).recovery_time(RECOVERY))
}

fn names(redis: &RedisServer) -> Vec<String> {
    let mut names: Vec<String> = redis.ask("HKEYS redisrpc:{calc}:servers");
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_taken_for_dead_when_a_durable_redis_is_back() {
    let mut redis = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let broker = Broker::connect(redis.url()).await.unwrap();
    let held = Held::default();
    let serving = [server(&broker, &held), server(&broker, &held)];
    assert!(until(|| names(&redis).len() == 2).await);
    let before = names(&redis);
    let client = HeldClient::new(&broker, "calc");
    let calls = (0..20).map(|_| tokio::spawn(client.letters(3).timeout(LONG).into_future()));
    let calls: Vec<_> = calls.collect();
    held.has_begun(20).await;
    redis.kill();
    tokio::time::sleep(OUTAGE).await;
    tokio::task::block_in_place(|| redis.restart());
    // Long enough to be looked at more than twice.
    tokio::time::sleep(RECOVERY).await;
    assert_eq!(names(&redis), before);
    held.end();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "xxx");
    }
    assert_eq!(held.begun(), 20, "each ran once");
    assert!(
        until(|| kept(&redis).is_empty()).await,
        "{:?}",
        kept(&redis)
    );
    for serving in serving {
        serving.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_flow_again_whenever_redis_forgets_everything() {
    let (redis, broker) = redis().await;
    let load = Load::start(&broker, &broker, Duration::from_secs(1)).await;
    for _ in 0..10 {
        redis.tell("FLUSHALL");
        load.flows().await;
    }
    // Of each call one true outcome, and none ran twice.
    load.end().await;
    assert!(
        until(|| kept(&redis).is_empty()).await,
        "{:?}",
        kept(&redis)
    );
}

#[tokio::test]
async fn calls_that_run_when_redis_forgets_everything_are_answered() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let serving = server(&broker, &held);
    let client = HeldClient::new(&broker, "calc");
    let calls = (0..20).map(|_| tokio::spawn(client.letters(3).timeout(LONG).into_future()));
    let calls: Vec<_> = calls.collect();
    held.has_begun(20).await;
    redis.tell("FLUSHALL");
    held.end();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "xxx");
    }
    assert_eq!(held.begun(), 20, "each ran once");
    serving.stop().await;
    assert_eq!(redis.left_behind(), [""; 0]);
}
