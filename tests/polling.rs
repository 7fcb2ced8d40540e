//! Programs with a loop of their own: steps, looks, and one connection.

use std::time::Duration;

use redisrpc::{Broker, Server};
use redisrpc_test_support::RedisServer;

use crate::fixture::{Calculator, CalculatorClient, Concurrent, ConcurrentClient, redis, serve};

#[tokio::test]
async fn a_step_serves_what_is_queued_and_says_how_much_it_was() {
    let (_redis, broker) = redis().await;
    let mut server = Server::new(&broker, "calc", Calculator::default())
        .stepped()
        .unwrap();
    assert_eq!(server.step().await.unwrap(), 0);
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(1.0).oneway().await.unwrap();
    calculator.add(2.0).oneway().await.unwrap();
    assert_eq!(server.step().await.unwrap(), 2);
    assert_eq!(server.step().await.unwrap(), 0);
    let mut value = calculator.val().into_future();
    let value = loop {
        match value.try_get() {
            Some(value) => break value.unwrap(),
            None => server.step().await.unwrap(),
        };
    };
    assert_eq!(value, 3.0);
}

#[tokio::test]
async fn a_step_runs_no_more_than_may_run_at_once() {
    let (_redis, broker) = redis().await;
    let server = Server::new(&broker, "calc", Concurrent).concurrency(2);
    let mut server = server.stepped().unwrap();
    let client = ConcurrentClient::new(&broker, "calc");
    for n in 0..5 {
        client.add(n, 1).oneway().await.unwrap();
    }
    let mut steps = Vec::new();
    for _ in 0..4 {
        steps.push(server.step().await.unwrap());
    }
    assert_eq!(steps, [2, 2, 1, 0]);
}

#[tokio::test]
async fn a_call_that_is_looked_at_is_made_and_not_there_yet() {
    let (redis, broker) = redis().await;
    let mut call = CalculatorClient::new(&broker, "calc")
        .add(1.0)
        .into_future();
    assert!(call.try_get().is_none());
    let queued = || {
        redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut redis.connection())
    };
    assert!(redisrpc_test_support::until(|| queued().unwrap() == 1).await);
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut answer = None;
    let answered = redisrpc_test_support::until(|| {
        answer = call.try_get();
        answer.is_some()
    });
    assert!(answered.await);
    assert_eq!(answer.unwrap().unwrap(), 1.0);
}

#[tokio::test]
async fn a_polling_broker_calls_and_serves_over_one_connection() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let broker = broker.polling(Duration::from_millis(2));
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    for n in 1..20 {
        assert_eq!(calculator.add(1.0).await.unwrap(), f64::from(n));
    }
    let clients: String = redis::cmd("CLIENT")
        .arg("LIST")
        .query(&mut redis.connection())
        .unwrap();
    let named = clients
        .lines()
        .filter(|line| line.contains("name=redisrpc"));
    assert_eq!(named.count(), 1, "{clients}");
    server.stop().await;
}
