//! Calls as users make them, over a real Redis.

use std::time::{Duration, Instant};

use redisrpc::{Broker, CallError, Client, Error, FaultCode, Server, Started};
use redisrpc_test_support::{RedisServer, until, wait_until};
use serde_json::{Value, json};

use crate::fixture::{
    Calculator, CalculatorClient, CalculatorError, Concurrent, ConcurrentClient, Point, redis,
    serve,
};

#[tokio::test]
async fn a_calculator_keeps_its_state_between_calls() {
    let (_redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.clr().await.unwrap();
    assert_eq!(calculator.add(5.0).await.unwrap(), 5.0);
    assert_eq!(calculator.sub(3.0).await.unwrap(), 2.0);
    assert_eq!(calculator.mul(4.0).await.unwrap(), 8.0);
    assert_eq!(calculator.div(2.0).await.unwrap(), 4.0);
    assert_eq!(calculator.val().await.unwrap(), 4.0);
    server.stop().await;
}

#[tokio::test]
async fn a_services_own_error_arrives_typed() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    let error = calculator.div(0.0).await.unwrap_err();
    assert_eq!(error, CallError::Service(CalculatorError::DivisionByZero));
    assert_eq!(error.to_string(), "division by zero");
}

#[tokio::test]
async fn an_untyped_client_calls_by_position_and_by_name() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = Client::new(&broker, "calc");
    assert_eq!(client.call("add").arg(2).arg(3).await.unwrap(), json!(5));
    let sum: i64 = client
        .call("add")
        .named("b", 3)
        .arg(2)
        .returning()
        .await
        .unwrap();
    assert_eq!(sum, 5);
    let nothing: Value = client
        .call("nested")
        .arg(Point { x: 1, y: 2 })
        .await
        .unwrap();
    assert_eq!(nothing, json!("1,2 None"));
}

#[tokio::test]
async fn bad_calls_are_answered_with_what_was_wrong() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = Client::new(&broker, "calc");
    let cases = [
        (
            client.call("ad"),
            FaultCode::MethodNotFound,
            "Concurrent has no method `ad`",
        ),
        (
            client.call("add").arg(1),
            FaultCode::InvalidArguments,
            "`add`: missing argument `b` (position 2)",
        ),
        (
            client.call("add").arg(1).arg("x"),
            FaultCode::InvalidArguments,
            "`add`: argument `b` (position 2): invalid type: string \"x\", expected i64",
        ),
        (
            client.call("add").arg(1).named("a", 1),
            FaultCode::InvalidArguments,
            "`add`: multiple values for `a`",
        ),
        (
            client.call("add").named("c", 1),
            FaultCode::InvalidArguments,
            "`add`: unexpected argument `c`",
        ),
        (
            client.call("nested").arg(json!({"x": 1, "y": "z"})),
            FaultCode::InvalidArguments,
            "at `y`",
        ),
        (
            client.call("panic").arg("ouch"),
            FaultCode::Panic,
            "`panic` panicked: ouch",
        ),
        (
            client.call("infinite"),
            FaultCode::InvalidReply,
            "not finite",
        ),
    ];
    for (call, code, text) in cases {
        let error = call.await.unwrap_err();
        let fault = error.fault().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(fault.code(), code, "{fault}");
        assert!(
            fault.message().contains(text),
            "{fault} should contain {text}"
        );
    }
    // None of it ended the server.
    assert_eq!(client.call("add").arg(1).arg(1).await.unwrap(), json!(2));
}

#[tokio::test]
async fn an_argument_that_is_not_json_is_an_error_and_nothing_is_sent() {
    let (redis, broker) = redis().await;
    let calculator = CalculatorClient::new(&broker, "calc");
    let error = calculator.add(f64::NAN).await.unwrap_err();
    assert!(!error.may_have_run());
    let text = error.to_string();
    assert!(text.contains("argument `number` of `add`"), "{text}");
    let queued: i64 = redis::cmd("EXISTS")
        .arg("calc")
        .query(&mut redis.connection())
        .unwrap();
    assert_eq!(queued, 0);
}

#[tokio::test]
async fn a_call_nobody_serves_times_out_and_leaves_nothing_behind() {
    let (redis, broker) = redis().await;
    let calculator = CalculatorClient::new(&broker, "calc");
    let error = calculator
        .add(1.0)
        .timeout(Duration::from_millis(100))
        .await
        .unwrap_err();
    let CallError::Rpc(Error::Timeout(timeout)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(timeout.started(), Started::No);
    assert!(error.is_timeout() && !error.may_have_run());
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test]
async fn a_call_that_runs_too_long_may_have_run() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    let error = client
        .sleep(60_000)
        .timeout(Duration::from_millis(200))
        .await
        .unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
}

#[tokio::test]
async fn dropping_a_call_withdraws_its_request() {
    let (redis, broker) = redis().await;
    let calculator = CalculatorClient::new(&broker, "calc");
    let mut look = redis.connection();
    let mut queued = move || {
        redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut look)
            .unwrap()
    };
    let call = tokio::spawn(calculator.add(1.0).into_future());
    assert!(until(|| queued() == 1).await, "the request arrives");
    call.abort();
    assert!(until(|| queued() == 0).await, "the request is withdrawn");
}

#[tokio::test]
async fn a_request_whose_deadline_has_passed_is_not_run() {
    let (redis, broker) = redis().await;
    let mut old = redis.connection();
    let context = r#"{"id":1,"inbox":"calc:rpc:{me}","deadline":1}"#;
    let request = format!(
        r#"{{"function_call":{{"name":"add","args":[1]}},"response_queue":"calc:rpc:x","context":{context}}}"#
    );
    let _: i64 = redis::cmd("RPUSH")
        .arg("calc")
        .arg(request)
        .query(&mut old)
        .unwrap();
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    // Requests run in order: had it been run, the accumulator would show it.
    assert_eq!(calculator.val().await.unwrap(), 0.0);
}

#[tokio::test]
async fn a_oneway_call_runs_and_is_not_answered() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(5.0).oneway().await.unwrap();
    assert_eq!(calculator.val().await.unwrap(), 5.0);
    server.stop().await;
    assert_eq!(redis.keys(), [""; 0]);
}

#[tokio::test]
async fn several_services_share_a_broker() {
    let (_redis, broker) = redis().await;
    let _calc = serve(Server::new(&broker, "calc", Calculator::default()));
    let _concurrent = serve(Server::new(&broker, "concurrent", Concurrent));
    let calculator = CalculatorClient::new(&broker, "calc");
    let concurrent = ConcurrentClient::new(&broker, "concurrent");
    let (sum, echo) = tokio::join!(calculator.add(1.0), concurrent.echo("hello".into()));
    assert_eq!((sum.unwrap(), echo.unwrap()), (1.0, "hello".to_owned()));
}

#[tokio::test]
async fn a_second_queue_is_heard_while_a_call_on_the_first_waits() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "one", Concurrent));
    let _other = serve(Server::new(&broker, "two", Concurrent));
    let slow = tokio::spawn(
        ConcurrentClient::new(&broker, "one")
            .sleep(60_000)
            .into_future(),
    );
    let first = ConcurrentClient::new(&broker, "one");
    assert_eq!(first.add(1, 1).await.unwrap(), 2);
    let second = ConcurrentClient::new(&broker, "two");
    assert_eq!(second.add(1, 2).await.unwrap(), 3);
    slow.abort();
}

#[tokio::test]
async fn a_call_after_five_idle_seconds_is_served_at_once() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(1.0).await.unwrap();
    // Longer than any response timeout the redis crate may have by itself. A
    // pop that such a timeout ended would take the next request with it.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let asked = Instant::now();
    assert_eq!(calculator.add(1.0).await.unwrap(), 2.0);
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "it was lost and timed out"
    );
}

#[tokio::test]
async fn a_password_and_a_database_come_from_the_address() {
    let redis = RedisServer::with(&["--requirepass", "secret"]);
    let refused = Broker::connect(redis.url()).await.unwrap_err();
    assert!(matches!(refused, Error::Transport(_)), "{refused:?}");
    let url = redis.url().replace("redis://", "redis://:secret@") + "/3";
    let broker = Broker::connect(&url).await.unwrap();
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(1.0).oneway().await.unwrap();
    let mut look = redis.connection();
    let _: () = redis::cmd("AUTH").arg("secret").query(&mut look).unwrap();
    let _: () = redis::cmd("SELECT").arg(3).query(&mut look).unwrap();
    let queued: i64 = redis::cmd("LLEN").arg("calc").query(&mut look).unwrap();
    assert_eq!(queued, 1);
}

#[tokio::test]
async fn a_bad_address_or_queue_name_says_what_is_wrong_with_it() {
    for (url, text) in [
        ("127.0.0.1:6379", "no scheme"),
        ("http://127.0.0.1/", "scheme `http`"),
        ("redis://:secret@[bad", "not valid"),
    ] {
        let error = Broker::connect(url).await.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let broker = Broker::connect("memory://bad-queue").await.unwrap();
    let error = CalculatorClient::new(&broker, "").val().await.unwrap_err();
    assert!(error.to_string().contains("is empty"), "{error}");
    let served = Server::new(&broker, "a\nb", Calculator::default())
        .run()
        .await;
    assert!(matches!(served, Err(Error::Invalid(_))), "{served:?}");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_an_error_at_connect() {
    let port = redisrpc_test_support::free_port();
    let error = Broker::connect(format!("redis://127.0.0.1:{port}"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(!error.may_have_run());
}

#[test]
fn calls_fail_and_do_not_hang_when_their_runtime_is_gone() {
    let redis = RedisServer::start();
    let first = tokio::runtime::Runtime::new().unwrap();
    let broker = first.block_on(Broker::connect(redis.url())).unwrap();
    let calculator = CalculatorClient::new(&broker, "calc");
    let second = tokio::runtime::Runtime::new().unwrap();
    let waiting = second.spawn(
        calculator
            .add(1.0)
            .timeout(Duration::from_secs(600))
            .into_future(),
    );
    let mut look = redis.connection();
    assert!(wait_until(|| redis::cmd("LLEN")
        .arg("calc")
        .query::<i64>(&mut look)
        .unwrap()
        == 1));
    drop(first);
    let error = second.block_on(waiting).unwrap().unwrap_err();
    assert_eq!(error, CallError::Rpc(Error::Closed));
    let error = second
        .block_on(calculator.add(1.0).into_future())
        .unwrap_err();
    assert_eq!(error, CallError::Rpc(Error::Closed));
}
