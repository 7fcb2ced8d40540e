//! Calls that are dropped, or whose time is up, at any moment of their lives.

use std::{
    collections::BTreeSet,
    future::IntoFuture as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use redisrpc::{Client, Error, Server};
use redisrpc_test_support::{PATIENCE, RedisServer, until};
use tokio::task::yield_now;

use crate::fixture::{redis, serve};

/// Notes which calls it runs.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<u32>>>);

#[redisrpc::service]
impl Recorder {
    pub async fn record(&self, number: u32) -> u32 {
        self.0.lock().unwrap().push(number);
        for _ in 0..number % 5 {
            yield_now().await;
        }
        if number.is_multiple_of(7) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        number
    }
}

/// How many calls there are at a time.
const TOGETHER: u32 = 1_000;
const DROPPED: u32 = 10_000;

/// What became of a call.
enum End {
    Answered,
    Dropped,
    DidNotRun,
    MayHaveRun,
}

/// The number's own random number.
fn random(number: u32) -> u32 {
    let mut bits = number.wrapping_add(0x9e37_79b9);
    for _ in 0..3 {
        bits = (bits ^ bits >> 16).wrapping_mul(0x85eb_ca6b);
    }
    bits ^ bits >> 13
}

/// Every other call is dropped; of the rest, every other has very little time.
async fn call(client: RecorderClient, number: u32) -> End {
    let random = random(number);
    let call = client.record(number).timeout(6 * PATIENCE);
    match number % 4 {
        0 | 2 => drop_somewhere(call.into_future(), random).await,
        1 => {
            let time = Duration::from_millis(u64::from(random % 20));
            match call.timeout(time).await {
                Ok(_) => End::Answered,
                Err(error) if error.may_have_run() => End::MayHaveRun,
                Err(_) => End::DidNotRun,
            }
        }
        _ => {
            assert_eq!(call.await, Ok(number));
            End::Answered
        }
    }
}

async fn drop_somewhere(mut call: redisrpc::CallFuture<u32>, random: u32) -> End {
    for _ in 0..random % 50 {
        if call.try_get().is_some() {
            return End::Answered;
        }
        yield_now().await;
    }
    if random.is_multiple_of(3) {
        tokio::time::sleep(Duration::from_millis(u64::from(random % 40))).await;
    }
    End::Dropped
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_dropped_calls_harm_no_other_and_leave_nothing() {
    let (redis, broker) = redis().await;
    let recorder = Recorder::default();
    let server = Server::new(&broker, "calc", recorder.clone()).concurrency(8);
    let _server = serve(server);
    let client = Client::new(&broker, "calc");
    // From now on the queue's servers are known to be native, and only calls that
    // wait for long are watched.
    let _: u32 = client.call("record").arg(0).returning().await.unwrap();
    let (mut dropped, mut did_not_run, mut numbers) = (0, BTreeSet::new(), 1_u32..);
    while dropped < DROPPED {
        let wave = numbers.by_ref().take(TOGETHER as usize);
        let stub = RecorderClient::from(client.clone());
        let calls: Vec<_> = wave
            .map(|number| (number, tokio::spawn(call(stub.clone(), number))))
            .collect();
        for (number, call) in calls {
            match call.await.unwrap() {
                End::Dropped => dropped += 1,
                End::DidNotRun => _ = did_not_run.insert(number),
                End::Answered | End::MayHaveRun => {}
            }
        }
    }
    assert!(!did_not_run.is_empty(), "some were withdrawn");
    leaves_nothing(&redis, &client).await;
    let ran = recorder.0.lock().unwrap().clone();
    let once: BTreeSet<u32> = ran.iter().copied().collect();
    assert_eq!(once.len(), ran.len(), "none ran twice");
    assert!(once.is_disjoint(&did_not_run), "what did not run did not");
    assert!(ran.len() < numbers.start as usize, "some were withdrawn");
}

async fn leaves_nothing(redis: &RedisServer, client: &Client) {
    let entries = || format!("{client:?}").contains("calls: 0,");
    assert!(until(entries).await, "{client:?}");
    assert!(until(|| redis.left_behind().is_empty()).await);
    let watches = || redis.number("tracking_total_keys");
    for _ in 0..5 {
        // If a server dropped a request that was watched because it was late, it
        // answers nothing: then it takes a minute.
        // The server's own stays: by it the server hears of calls that are given up.
        if until(|| watches() == 1).await {
            return;
        }
    }
    panic!("{} own queues are still watched", watches());
}

#[tokio::test]
async fn a_dropped_call_that_was_watched_is_watched_no_more() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let watched = |count| move |redis: &RedisServer| redis.number("tracking_total_keys") == count;
    let call = tokio::spawn(client.call("val").into_future());
    assert!(
        until(|| watched(1)(&redis)).await,
        "an old server may answer"
    );
    call.abort();
    assert!(
        until(|| redis.left_behind().is_empty()).await,
        "it is withdrawn"
    );
    assert!(until(|| watched(0)(&redis)).await, "nobody will answer");

    let call = client.call("val").timeout(Duration::from_millis(300));
    let call = tokio::spawn(call.into_future());
    assert!(
        until(|| watched(1)(&redis)).await,
        "an old server may answer"
    );
    let error: Error = call.await.unwrap().unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
    assert!(until(|| watched(0)(&redis)).await, "nobody will answer");
}

/// The server has it, and answers when the caller has gone.
#[tokio::test]
async fn a_late_answer_ends_the_watch_over_a_dropped_call() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let watches = || redis.number("tracking_total_keys");
    for native in [true, false] {
        let call = tokio::spawn(client.call("val").into_future());
        let there = until(|| watches() == 1 && redis.ask::<usize>("LLEN calc") == 1).await;
        assert!(there, "an old server may answer");
        let request: String = redis.ask("LPOP calc");
        let request: serde_json::Value = serde_json::from_str(&request).unwrap();
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        // So that the client reads its replies.
        let other = tokio::spawn(client.call("other").into_future());
        assert!(until(|| watches() == 2).await, "both are watched");
        let (list, reply) = match native {
            true => (
                &request["context"]["inbox"],
                r#"{"id":ID,"return_value":1}"#,
            ),
            false => (&request["response_queue"], r#"{"return_value":1}"#),
        };
        let (list, id) = (list.as_str().unwrap(), request["context"]["id"].to_string());
        let _: usize = redis.ask(&format!("RPUSH {list} {}", reply.replace("ID", &id)));
        assert!(until(|| watches() == 1).await, "{}", watches());
        other.abort();
        assert!(until(|| watches() == 0).await, "{}", watches());
        assert_eq!(redis.left_behind(), [""; 0]);
    }
}
