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
