//! A Redis without memory: servers go on taking requests, which is what frees it.

use redisrpc::Server;
use redisrpc_test_support::{PATIENCE, until};

use super::worker::RECOVERY;
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
