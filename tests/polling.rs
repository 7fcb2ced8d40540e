//! Programs with a loop of their own: steps, looks, and one connection.

use std::time::Duration;

use redisrpc::{Broker, CallError, Client, Error, FaultCode, Server};
use redisrpc_test_support::{PATIENCE, RedisServer, until};
use serde_json::json;

use crate::{
    dialect::Dialect,
    fixture::{
        Calculator, CalculatorClient, Concurrent, ConcurrentClient, Held, HeldClient, redis, serve,
    },
    old_peer::OldServer,
};

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
    assert!(until(|| queued().unwrap() == 1).await);
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut answer = None;
    let answered = until(|| {
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

#[tokio::test]
async fn a_polling_twin_leaves_a_broker_its_notices() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let twin = broker.polling(Duration::from_millis(2));
    let _other = Client::new(&twin, "other");
    let _old = OldServer::start(&redis, "calc", Dialect::Ruby, |_| {
        Dialect::Ruby.returned("3").into()
    });
    let call = client.call("add").arg(1).arg(2).timeout(PATIENCE);
    assert_eq!(call.await.unwrap(), json!(3));
}

#[tokio::test]
async fn a_step_that_cannot_answer_says_so_and_a_later_one_answers() {
    let (mut redis, broker) = redis().await;
    let held = Held::default();
    let mut server = Server::new(&broker, "calc", held.clone())
        .stepped()
        .unwrap();
    let call = HeldClient::new(&broker, "calc").letters(3);
    let call = tokio::spawn(call.into_future());
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 1).await);
    let (step, ()) = tokio::join!(server.step(), async {
        held.has_begun(1).await;
        redis.kill();
        held.end();
    });
    assert!(matches!(step, Err(Error::Transport(_))), "{step:?}");
    redis.restart();
    // A step whose connection has just been renewed may find it broken still.
    while server.step().await.is_err() {}
    assert_eq!(call.await.unwrap().unwrap(), "xxx");
    assert_eq!(held.begun(), 1);
}

#[tokio::test]
async fn the_step_after_one_that_was_dropped_answers_for_it() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let server = Server::new(&broker, "calc", held.clone());
    let mut server = server.stepped().unwrap();
    let client = HeldClient::new(&broker, "calc");
    let ended = tokio::spawn(client.letters(3).into_future());
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 1).await);
    let running = tokio::spawn(client.letters(4).into_future());
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 2).await);
    tokio::select! {
        step = server.step() => panic!("{step:?}"),
        () = async {
            held.has_begun(2).await;
            held.end_one().await;
        } => {}
    }
    assert_eq!(server.step().await.unwrap(), 0);
    assert_eq!(ended.await.unwrap().unwrap(), "xxx");
    let error = running.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::Rpc(Error::Fault(fault)) if fault.code() == FaultCode::Interrupted),
        "{error:?}"
    );
}
