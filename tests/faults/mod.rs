//! Redis goes away and comes back; the way to it breaks.

mod ledger;
mod matrix;
mod proxy;

use std::time::Duration;

use redisrpc::Server;
use redisrpc_test_support::RedisServer;

use crate::fixture::{Calculator, CalculatorClient, Concurrent, ConcurrentClient, redis, serve};

#[tokio::test]
async fn after_kill_9_of_redis_the_next_call_succeeds() {
    let (mut redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    for round in 2..4 {
        redis.kill();
        redis.restart();
        assert_eq!(calculator.add(1.0).await.unwrap(), f64::from(round));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_call_made_while_redis_is_down_waits_for_it() {
    let (mut redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    redis.kill();
    let call = tokio::spawn(calculator.add(1.0).into_future());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!call.is_finished());
    redis.restart();
    assert_eq!(call.await.unwrap().unwrap(), 2.0);
}

#[tokio::test]
async fn a_call_fails_by_its_deadline_while_redis_is_down() {
    let (mut redis, broker) = redis().await;
    let calculator = CalculatorClient::new(&broker, "calc");
    redis.kill();
    let call = calculator.add(1.0).timeout(Duration::from_millis(300));
    let error = tokio::time::timeout(Duration::from_secs(5), call)
        .await
        .unwrap()
        .unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
}

#[tokio::test]
async fn connections_that_are_killed_are_renewed() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    for round in 0..10 {
        kill_all(&redis);
        // A call that was under way may be lost, and then says that it may have
        // run; the one after it is not.
        let answers = async {
            loop {
                let call = client.add(round, 1).timeout(Duration::from_secs(2));
                if let Ok(sum) = call.await {
                    return sum;
                }
            }
        };
        let sum = tokio::time::timeout(Duration::from_secs(10), answers).await;
        assert_eq!(sum.expect("calls flow again"), round + 1);
    }
}

fn kill_all(redis: &RedisServer) {
    let mut killer = redis.connection();
    let killed: i64 = redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"])
        .query(&mut killer)
        .unwrap();
    assert!(killed > 0);
}

#[tokio::test]
async fn a_pause_of_redis_delays_calls_and_breaks_none() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    let _: () = redis::cmd("CLIENT")
        .arg(&["PAUSE", "1500"])
        .query(&mut redis.connection())
        .unwrap();
    assert_eq!(client.add(1, 2).await.unwrap(), 3);
    assert_eq!(client.add(1, 3).await.unwrap(), 4);
}
