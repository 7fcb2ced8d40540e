//! Programs without a runtime.

use std::time::Duration;

use redisrpc::{Broker, Client, Error, Server};
use redisrpc_test_support::RedisServer;

use crate::fixture::{Calculator, CalculatorBlockingClient, CalculatorClient, CalculatorError};

#[test]
fn threads_call_and_serve_without_a_runtime() {
    let redis = RedisServer::start();
    let serving = Broker::connect_blocking(redis.url()).unwrap();
    let server = Server::new(&serving, "calc", Calculator::default());
    let handle = server.handle();
    let served = std::thread::spawn(|| server.run_blocking());
    let broker = Broker::connect_blocking(redis.url()).unwrap();
    let calculator = CalculatorBlockingClient::new(&broker, "calc");
    std::thread::scope(|threads| {
        for _ in 0..10 {
            let calculator = calculator.clone();
            threads.spawn(move || calculator.add(1.0).unwrap());
        }
    });
    assert_eq!(calculator.val().unwrap(), 10.0);
    let error = calculator.div(0.0).unwrap_err();
    assert_eq!(error.service(), Some(&CalculatorError::DivisionByZero));
    // With options, the call of the other client is waited for.
    let soon = calculator.client().val().timeout(Duration::from_secs(5));
    assert_eq!(soon.wait().unwrap(), 10.0);
    let client = Client::new(&broker, "calc");
    assert_eq!(client.call("val").returning::<f64>().wait().unwrap(), 10.0);
    client.call("clr").oneway().wait().unwrap();
    assert_eq!(calculator.val().unwrap(), 0.0);
    handle.shutdown();
    served.join().unwrap().unwrap();
}

#[test]
fn a_blocking_call_nobody_serves_ends_with_its_time() {
    let broker = Broker::connect_blocking("memory://nobody-serves").unwrap();
    let calculator = CalculatorClient::new(&broker, "calc");
    let error = calculator
        .val()
        .timeout(Duration::from_millis(50))
        .wait()
        .unwrap_err();
    assert!(error.is_timeout() && !error.may_have_run(), "{error:?}");
}

#[test]
fn the_last_handle_may_be_dropped_anywhere() {
    let broker = Broker::connect_blocking("memory://dropped-anywhere").unwrap();
    let calculator = CalculatorClient::new(&broker, "calc");
    drop(broker);
    calculator.add(1.0).oneway().wait().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async move { drop(calculator) });
}

#[tokio::test]
async fn blocking_where_it_cannot_work_is_an_error_and_no_panic() {
    let error = Broker::connect_blocking("memory://inside").unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(text) if text.contains("connect(…).await")),
        "{error}"
    );
    let broker = Broker::connect("memory://inside").await.unwrap();
    let server = Server::new(&broker, "calc", Calculator::default());
    let error = server.run_blocking().unwrap_err();
    assert!(
        matches!(&error, Error::Invalid(text) if text.contains("run().await")),
        "{error}"
    );
    // This runtime has one thread, and the call below takes it.
    let calculator = CalculatorClient::new(&broker, "calc");
    let error = calculator
        .val()
        .timeout(Duration::from_millis(10))
        .wait()
        .unwrap_err();
    assert!(
        error.to_string().contains("`.await` the call there"),
        "{error}"
    );
    assert!(error.may_have_run(), "nobody could look after it");
}

#[test]
fn clients_outlive_their_broker() {
    let redis = RedisServer::start();
    let serving = Broker::connect_blocking(redis.url()).unwrap();
    let server = Server::new(&serving, "calc", Calculator::default());
    let handle = server.handle();
    let served = std::thread::spawn(|| server.run_blocking());
    let calculator = {
        let broker = Broker::connect_blocking(redis.url()).unwrap();
        CalculatorClient::new(&broker, "calc")
    };
    assert_eq!(calculator.add(1.0).wait().unwrap(), 1.0);
    handle.shutdown();
    served.join().unwrap().unwrap();
}
