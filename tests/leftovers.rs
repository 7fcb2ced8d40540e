//! What calls leave behind in Redis: nothing for long.

use redisrpc::{Client, Server};
use redisrpc_test_support::{RedisServer, until};
use serde_json::{Value, json};

use crate::fixture::{Concurrent, ConcurrentClient, redis, serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_native_calls_leave_no_key_and_no_watch_behind() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    for _ in 0..3 {
        let calls: Vec<_> = (0..200)
            .map(|_| tokio::spawn(client.sleep(500).into_future()))
            .collect();
        let watched = until(|| redis.number("tracking_total_keys") >= 200).await;
        assert!(watched, "an old server may have taken them");
        for call in calls {
            call.await.unwrap().unwrap();
        }
    }
    // The server's own is left: by it the server hears of calls that are given up.
    let forgotten = until(|| redis.number("tracking_total_keys") == 1).await;
    assert!(forgotten, "{} watches", redis.number("tracking_total_keys"));
    assert_eq!(redis.left_behind(), [""; 0]);
}

/// A native request of the test's own, made from one that a client wrote.
fn request(like: &str, id: u64, deadline: u64) -> String {
    let mut request: Value = serde_json::from_str(like).unwrap();
    let context = &mut request["context"];
    context["id"] = json!(id);
    context["inbox"] = json!("calc:rpc:{test}");
    context["deadline"] = json!(deadline);
    request.to_string()
}

#[tokio::test]
async fn unread_replies_stand_for_a_minute_whatever_the_last_ones_deadline() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let call = tokio::spawn(client.call("add").arg(1).arg(2).into_future());
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 1).await);
    let like: String = redis.ask("LPOP calc");
    call.abort();
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let now: (u64, u64) = redis.ask("TIME");
    for (id, seconds) in [(1, 300), (2, 5)] {
        let request = request(&like, id, (now.0 + seconds) * 1000);
        let _: i64 = redis.ask(&format!("RPUSH calc {request}"));
        let answered = until(|| redis.ask::<u64>("LLEN calc:rpc:{test}") == id).await;
        assert!(answered, "request {id} is answered");
    }
    assert_stands_for_a_minute(&redis, "calc:rpc:{test}");
}

fn assert_stands_for_a_minute(redis: &RedisServer, list: &str) {
    let left: i64 = redis.ask(&format!("PTTL {list}"));
    assert!((40_000..=60_000).contains(&left), "{left} ms");
}
