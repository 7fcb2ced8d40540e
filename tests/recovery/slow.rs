//! Calls that take longer than their server may be silent.

use redisrpc_test_support::until;

use super::{
    LONG, client, interrupted, names, ran,
    worker::{RECOVERY, server, worker},
};
use crate::fixture::{redis, serve};

/// Longer than it takes to find a server dead and to answer for it.
const SLOW: u64 = 3 * RECOVERY.as_millis() as u64;

#[tokio::test]
async fn a_call_that_waits_for_longer_than_a_lease_runs_once_and_is_answered() {
    let (redis, broker) = redis().await;
    let serving = [
        serve(server(&broker, &redis.url()).await),
        serve(server(&broker, &redis.url()).await),
    ];
    assert!(until(|| names(&redis).len() == 2).await);
    let before = names(&redis);
    let calls = (0..10).map(|n| client(&broker).nap(format!("a{n}"), SLOW).timeout(LONG));
    let calls = calls.map(|call| tokio::spawn(call.into_future()));
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    for n in 0..10 {
        ran(&redis, &format!("a{n}"), 1).await;
    }
    assert_eq!(names(&redis), before, "nobody was taken for dead");
    for serving in serving {
        serving.stop().await;
    }
}

#[tokio::test]
async fn a_server_whose_only_thread_is_kept_busy_is_taken_for_dead_and_goes_on() {
    let (redis, broker) = redis().await;
    let busy = worker(&redis, "reported");
    assert!(until(|| names(&redis).len() == 1).await);
    let before = names(&redis);
    let client = client(&broker);
    let waits = client.once("waits".into()).timeout(LONG);
    let waits = tokio::spawn(waits.into_future());
    ran(&redis, "waits", 1).await;
    let hog = client.hog("hog".into(), 2 * SLOW).timeout(LONG);
    let hog = tokio::spawn(hog.into_future());
    ran(&redis, "hog", 1).await;
    let other = serve(server(&broker, &redis.url()).await);
    // Whatever it was running beside is answered too.
    interrupted(hog.await.unwrap());
    interrupted(waits.await.unwrap());
    assert_eq!(client.quick("other".into()).await.unwrap(), 1);
    let back = || names(&redis).len() == 2 && !names(&redis).contains(&before[0]);
    assert!(until(back).await, "{:?}", names(&redis));
    other.stop().await;
    assert_eq!(client.quick("busy".into()).await.unwrap(), 1);
    ran(&redis, "hog", 1).await;
    ran(&redis, "waits", 1).await;
    drop(busy);
}
