//! Calls that are made again, and calls that are not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redisrpc::{CallError, Client, Error, FaultCode, Retry, Server};
use redisrpc_test_support::{PATIENCE, RedisServer, until};
use serde_json::Value;

use crate::fixture::{Held, HeldClient, redis, serve};

/// Fails each time, and counts how often.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

#[redisrpc::service]
impl Counting {
    pub fn count(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    #[rpc(idempotent)]
    pub fn fail(&self) -> Result<(), String> {
        Err(format!("failure {}", self.count()))
    }

    #[rpc(idempotent)]
    pub fn panic(&self) {
        panic!("panic {}", self.count());
    }
}

/// Long enough for a server to take a request, short enough to be waited for.
const ATTEMPT: Duration = Duration::from_millis(300);

fn often() -> Retry {
    Retry::new(1000).backoff(Duration::from_millis(5), Duration::from_millis(20))
}

/// How often a command was run.
fn ran(redis: &RedisServer, command: &str) -> u64 {
    let stats: String = redis.ask("INFO commandstats");
    let line = stats.lines().find_map(|line| {
        let line = line.strip_prefix("cmdstat_")?.strip_prefix(command)?;
        line.strip_prefix(":calls=")
    });
    let calls = line.and_then(|line| line.split(',').next());
    calls.map_or(0, |calls| calls.parse().unwrap())
}

/// Takes the request that is queued, as a server would, and answers nothing.
async fn take(redis: &RedisServer) -> Value {
    let queued = until(|| redis.ask::<usize>("LLEN calc") == 1).await;
    assert!(queued, "a request is queued");
    let request: String = redis.ask("LPOP calc");
    serde_json::from_str(&request).unwrap()
}

// ===== what is made again =====

#[tokio::test]
async fn an_overloaded_call_is_made_again_until_there_is_room() {
    let (redis, broker) = redis().await;
    let _: usize = redis.ask("RPUSH calc other");
    let client = Client::new(&broker, "calc").max_queue_length(1);
    let client = CountingClient::from(client.retry(often()));
    let call = tokio::spawn(client.count().into_future());
    assert!(until(|| ran(&redis, "lrem") >= 3).await, "it is withdrawn");
    assert!(!call.is_finished());
    let _: usize = redis.ask("DEL calc");
    let _server = serve(Server::new(&broker, "calc", Counting::default()));
    assert_eq!(call.await.unwrap(), Ok(1));
}

#[tokio::test]
async fn a_call_that_no_server_took_is_made_again_and_runs_once() {
    let (redis, broker) = redis().await;
    let client = CountingClient::new(&broker, "calc");
    let retry = often().attempt_timeout(Duration::from_millis(20));
    let call = client.count().retry(retry).timeout(PATIENCE);
    let call = tokio::spawn(call.into_future());
    assert!(until(|| ran(&redis, "lrem") >= 3).await, "it is withdrawn");
    // Its attempts are short, and the server's start is not.
    let counting = Counting::default();
    let _server = serve(Server::new(&broker, "calc", counting.clone()));
    match call.await.unwrap() {
        Ok(count) => assert_eq!(count, 1),
        Err(error) => assert!(error.may_have_run(), "{error:?}"),
    }
    assert!(counting.0.load(Ordering::SeqCst) <= 1);
}

#[tokio::test]
async fn only_an_idempotent_call_is_made_again_when_it_may_have_run() {
    let (redis, broker) = redis().await;
    let client = CountingClient::new(&broker, "calc");
    let retry = often().attempt_timeout(ATTEMPT);
    let call = tokio::spawn(client.count().retry(retry.clone()).into_future());
    take(&redis).await;
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    assert_eq!(ran(&redis, "rpush"), 1);

    let call = client.count().idempotent(true).retry(retry);
    let call = tokio::spawn(call.timeout(PATIENCE).into_future());
    let first = take(&redis).await;
    let second = take(&redis).await;
    let own_queue = |request: &Value| request["response_queue"].as_str().unwrap().to_owned();
    assert_ne!(own_queue(&first), own_queue(&second));
    let reply = format!(r#"RPUSH {} {{"return_value":7}}"#, own_queue(&second));
    let _: usize = redis.ask(&reply);
    assert_eq!(call.await.unwrap(), Ok(7));
}

#[tokio::test]
async fn an_interrupted_call_is_made_again_if_it_is_idempotent() {
    let (_redis, broker) = redis().await;
    for idempotent in [false, true] {
        let held = Held::default();
        let server = serve(Server::new(&broker, "calc", held.clone()));
        let call = HeldClient::new(&broker, "calc").letters(3).retry(often());
        let call = tokio::spawn(call.idempotent(idempotent).into_future());
        held.has_begun(1).await;
        server.task.abort();
        assert!(server.task.await.unwrap_err().is_cancelled());
        if !idempotent {
            let error = Error::from(call.await.unwrap().unwrap_err());
            let code = error.fault().map(|fault| fault.code());
            assert_eq!(code, Some(FaultCode::Interrupted));
            continue;
        }
        let server = serve(Server::new(&broker, "calc", held.clone()));
        held.has_begun(2).await;
        held.end();
        assert_eq!(call.await.unwrap().unwrap(), "xxx");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_thread_without_a_runtime_makes_its_call_again() {
    let (redis, broker) = redis().await;
    let _: usize = redis.ask("RPUSH calc other");
    let client = Client::new(&broker, "calc").max_queue_length(1);
    let client = CountingClient::from(client.retry(often()));
    let call = std::thread::spawn(move || client.count().wait());
    assert!(until(|| ran(&redis, "lrem") >= 2).await, "it is withdrawn");
    let _: usize = redis.ask("DEL calc");
    let _server = serve(Server::new(&broker, "calc", Counting::default()));
    assert!(until(|| call.is_finished()).await);
    assert_eq!(call.join().unwrap(), Ok(1));
}

// ===== what is not =====

#[tokio::test]
async fn what_the_service_answers_is_final() {
    let (_redis, broker) = redis().await;
    let counting = Counting::default();
    let _server = serve(Server::new(&broker, "calc", counting.clone()));
    let client = Client::new(&broker, "calc").retry(often());
    let error = CountingClient::from(client.clone()).fail().await;
    assert_eq!(error, Err(CallError::Service("failure 1".to_owned())));
    let error = CountingClient::from(client.clone()).panic().await;
    assert!(error.unwrap_err().to_string().ends_with("panic 2"));
    let unknown = client.call("unknown").idempotent(true).await;
    let wrong = client.call("count").arg(1).idempotent(true).await;
    let text: Result<String, _> = client.call("count").idempotent(true).returning().await;
    let codes = [unknown.unwrap_err(), wrong.unwrap_err()]
        .map(|error| error.fault().map(|fault| fault.code()));
    let expected = [FaultCode::MethodNotFound, FaultCode::InvalidArguments];
    assert_eq!(codes, expected.map(Some));
    assert!(matches!(text, Err(Error::Decode(_))));
    assert_eq!(counting.0.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn all_attempts_share_one_deadline() {
    let (redis, broker) = redis().await;
    let whole = Duration::from_millis(400);
    let retry = often().attempt_timeout(Duration::from_millis(30));
    let client = Client::new(&broker, "calc").retry(retry).timeout(whole);
    let call = CountingClient::from(client).count();
    let ended = tokio::time::timeout(PATIENCE, call).await;
    let error = ended.expect("it ends").unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
    assert!(ran(&redis, "rpush") >= 2, "it was made again");
    let CallError::Rpc(Error::Timeout(timeout)) = error else {
        panic!("{error:?}");
    };
    assert!([whole, Duration::from_millis(30)].contains(&timeout.after()));
    assert_eq!(redis.left_behind(), [""; 0]);
}

#[tokio::test]
async fn attempts_are_counted() {
    let (redis, broker) = redis().await;
    let _: usize = redis.ask("RPUSH calc other");
    let client = Client::new(&broker, "calc").max_queue_length(1);
    for attempts in [0, 1, 3] {
        let before = ran(&redis, "rpush");
        let retry = Retry::new(attempts).backoff(Duration::ZERO, Duration::ZERO);
        let error = client.call("count").retry(retry).await.unwrap_err();
        assert!(error.is_overloaded(), "{error:?}");
        let made = ran(&redis, "rpush") - before;
        assert_eq!(made, u64::from(attempts.max(1)));
    }
}

#[tokio::test]
async fn an_attempt_that_may_have_run_counts_for_the_call_as_a_whole() {
    let (redis, broker) = redis().await;
    let retry = Retry::new(2).attempt_timeout(ATTEMPT);
    let call = CountingClient::new(&broker, "calc").count();
    let call = tokio::spawn(call.idempotent(true).retry(retry).into_future());
    take(&redis).await;
    // The second attempt is taken by nobody.
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(ran(&redis, "rpush"), 2);
    assert!(error.may_have_run(), "{error:?}");
}
