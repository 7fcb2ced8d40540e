//! Redis says nothing for a while and then goes on.

use std::time::Duration;

use redisrpc::{Broker, Server};
use redisrpc_test_support::{RedisServer, until};
use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

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

/// A way to what listens on `port`, back from which come so many bytes a second.
async fn slow_way(port: u16, speed: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let (mut near_in, mut near_out) = near.into_split();
            let (mut far_in, mut far_out) = far.into_split();
            tokio::spawn(async move { io::copy(&mut near_in, &mut far_out).await });
            tokio::spawn(async move {
                let mut piece = vec![0; speed / 10];
                while let Ok(read @ 1..) = far_in.read(&mut piece).await
                    && near_out.write_all(&piece[..read]).await.is_ok()
                {
                    let share = read as f64 / speed as f64;
                    tokio::time::sleep(Duration::from_secs(1).mul_f64(share)).await;
                }
            });
        }
    });
    own
}

#[tokio::test]
async fn requests_that_are_long_in_coming_are_not_lost() {
    let (redis, broker) = redis().await;
    let client = ConcurrentClient::new(&broker, "calc");
    let text = "x".repeat(200_000);
    let calls = (0..8).map(|_| client.echo(text.clone()).timeout(4 * STALL));
    let calls: Vec<_> = calls.map(|call| tokio::spawn(call.into_future())).collect();
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 8).await);
    // All are taken at once, and that takes 8 s.
    let url = redis.url();
    let (host, port) = url.rsplit_once(':').unwrap();
    let way = slow_way(port.parse().unwrap(), 200_000).await;
    let serving = Broker::connect(&format!("{host}:{way}")).await.unwrap();
    let server = serve(Server::new(&serving, "calc", Concurrent));
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().len(), text.len());
    }
    server.stop().await;
}
