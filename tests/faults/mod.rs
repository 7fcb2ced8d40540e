//! Redis goes away and comes back; the way to it breaks.

mod clocks;
pub mod ledger;
pub mod load;
mod matrix;
mod proxy;

use std::time::Duration;

use redisrpc::Server;
use redisrpc_test_support::{PATIENCE, RedisServer};

use crate::fixture::{Calculator, CalculatorClient, redis, serve};

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

/// Kills Redis, and waits until its client knows: what that writes before, into a broken
/// connection, may have run for all it can tell.
async fn kill(redis: &mut RedisServer, calculator: &CalculatorClient) {
    redis.kill();
    let knows = async {
        let call = || calculator.val().timeout(Duration::from_millis(50));
        while call().await.unwrap_err().may_have_run() {}
    };
    let knows = tokio::time::timeout(PATIENCE, knows).await;
    knows.expect("the client knows that Redis is down");
}

#[tokio::test]
async fn a_call_made_while_redis_is_down_waits_for_it() {
    let (mut redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    kill(&mut redis, &calculator).await;
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
