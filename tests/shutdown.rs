//! Stopping servers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redisrpc::{Call, CallError, CallFuture, Error, FaultCode, Server};
use redisrpc_test_support::until;

use crate::fixture::{
    Calculator, CalculatorClient, Concurrent, ConcurrentClient, Held, HeldClient, redis, serve,
};

/// The call, made: those that follow are queued behind it.
fn made<T>(call: Call<T>) -> CallFuture<T> {
    let mut call = call.into_future();
    assert!(call.try_get().is_none());
    call
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_has_taken() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(made(client.sleep(300))))
        .collect();
    let mut look = redis.connection();
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    assert!(
        until(|| redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut look)
            .unwrap()
            == 0)
        .await
    );
    server.stop().await;
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 300);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_no_call() {
    let (_redis, broker) = redis().await;
    let mut server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    let load = tokio::spawn(async move {
        for n in 0..3000 {
            let (a, b) = tokio::join!(client.add(n, 1), client.add(n, 2));
            assert_eq!((a.unwrap(), b.unwrap()), (n + 1, n + 2));
        }
    });
    let mut restarts = 0;
    while !load.is_finished() {
        let next = serve(Server::new(&broker, "calc", Concurrent));
        server.stop().await;
        server = next;
        restarts += 1;
    }
    load.await.unwrap();
    assert!(restarts > 3, "only {restarts} restarts under load");
}

#[tokio::test]
async fn what_is_still_running_at_the_end_is_answered_interrupted() {
    let (redis, broker) = redis().await;
    let drain = Duration::from_millis(50);
    let server = serve(Server::new(&broker, "calc", Concurrent).drain_timeout(drain));
    let client = ConcurrentClient::new(&broker, "calc");
    let call = tokio::spawn(made(client.sleep(60_000)));
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    let mut look = redis.connection();
    assert!(
        until(|| redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut look)
            .unwrap()
            == 0)
        .await
    );
    server.stop().await;
    let error = call.await.unwrap().unwrap_err();
    let CallError::Rpc(Error::Fault(fault)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(fault.code(), FaultCode::Interrupted);
    assert!(error.may_have_run());
}

#[tokio::test]
async fn a_server_runs_until_its_signal() {
    let (_redis, broker) = redis().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = Server::new(&broker, "calc", Calculator::default());
    let handle = server.handle();
    let running = tokio::spawn(server.run_until(stopped));
    let calculator = CalculatorClient::new(&broker, "calc");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
    stop.send(()).unwrap();
    handle.stopped().await;
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_keeps_what_waits_in_its_queue_unless_told_to_flush() {
    let (_redis, broker) = redis().await;
    let calculator = CalculatorClient::new(&broker, "calc");
    calculator.add(1.0).oneway().await.unwrap();
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    assert_eq!(calculator.val().await.unwrap(), 1.0);
    server.stop().await;
    calculator.add(1.0).oneway().await.unwrap();
    let flushing = Server::new(&broker, "calc", Calculator::default()).flush_on_start(true);
    let _server = serve(flushing);
    // Calls made before it has flushed are flushed: the next is made after.
    let quick = Duration::from_millis(200);
    let value = loop {
        match calculator.val().timeout(quick).await {
            Ok(value) => break value,
            Err(error) => assert!(error.is_timeout(), "{error:?}"),
        }
    };
    assert_eq!(value, 0.0);
}

#[tokio::test]
async fn a_server_that_is_dropped_answers_what_it_has_taken() {
    let (_redis, broker) = redis().await;
    let held = Held::default();
    let server = serve(Server::new(&broker, "calc", held.clone()));
    let client = HeldClient::new(&broker, "calc");
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(client.letters(1).into_future()))
        .collect();
    held.has_begun(20).await;
    server.task.abort();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(code(&error), FaultCode::Interrupted);
        assert!(error.may_have_run());
    }
}

/// Begins a call and never ends it; the next has to wait for it.
#[derive(Clone, Default)]
struct Stuck(Arc<AtomicUsize>);

#[redisrpc::service]
impl Stuck {
    pub async fn begin(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_server_that_is_dropped_before_it_begins_a_call_says_that_it_did_not() {
    let (redis, broker) = redis().await;
    let client = StuckClient::new(&broker, "calc");
    let calls: Vec<_> = (0..5)
        .map(|_| tokio::spawn(client.begin().into_future()))
        .collect();
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 5).await);
    let stuck = Stuck::default();
    let server = tokio::spawn(Server::new(&broker, "calc", stuck.clone()).run());
    assert!(until(|| stuck.0.load(Ordering::SeqCst) == 1).await);
    assert_eq!(redis.ask::<i64>("LLEN calc"), 0, "all are taken");
    server.abort();
    let mut begun = 0;
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        match code(&error) {
            FaultCode::Interrupted => begun += 1,
            code => assert_eq!(code, FaultCode::ShuttingDown),
        }
        assert_eq!(error.may_have_run(), code(&error) == FaultCode::Interrupted);
    }
    assert_eq!((begun, stuck.0.load(Ordering::SeqCst)), (1, 1));
}

fn code(error: &CallError) -> FaultCode {
    match error {
        CallError::Rpc(Error::Fault(fault)) => fault.code(),
        other => panic!("{other:?}"),
    }
}
