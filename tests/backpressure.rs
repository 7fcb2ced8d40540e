//! Too much to do: the bounds of clients and servers, and who is told.

use std::time::Duration;

use redisrpc::{Broker, Client, Error, FaultCode, Server};
use redisrpc_test_support::{RedisServer, until};
use serde_json::{Value, json};

use crate::fixture::{Concurrent, ConcurrentClient, Held, HeldClient, redis, serve};

fn queued(redis: &RedisServer) -> usize {
    redis.ask("LLEN calc")
}

/// Puts messages into the queue that are none of this client's.
fn fill(redis: &RedisServer, messages: usize) {
    for _ in 0..messages {
        let _: usize = redis.ask("RPUSH calc other");
    }
}

// ===== the queue's length =====

#[tokio::test]
async fn a_call_that_makes_the_queue_too_long_ends_at_once_and_does_not_run() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc").max_queue_length(3);
    let client = ConcurrentClient::from(client);
    let waiting: Vec<_> = (0..3)
        .map(|n| tokio::spawn(client.add(n, n).into_future()))
        .collect();
    assert!(until(|| queued(&redis) == 3).await);
    let error = Error::from(client.add(9, 9).await.unwrap_err());
    assert!(error.is_overloaded() && !error.may_have_run(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "`add` was not called: 4 requests would wait in queue `calc`, 1 more than \
         `max_queue_length` allows; call again later, or let more servers serve it"
    );
    assert_eq!(queued(&redis), 3, "it is withdrawn");
    let oneway = client.add(9, 9).oneway().await;
    assert!(oneway.unwrap_err().is_overloaded());
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    for (n, call) in (0..).zip(waiting) {
        assert_eq!(call.await.unwrap().unwrap(), 2 * n);
    }
}

#[tokio::test]
async fn of_calls_that_leave_together_the_last_are_too_many() {
    let (redis, broker) = redis().await;
    fill(&redis, 2);
    let client = Client::new(&broker, "calc").max_queue_length(6);
    let unbounded = Client::new(&broker, "calc");
    let calls: Vec<_> = (0..9)
        .map(|n| {
            let client = if n == 5 { &unbounded } else { &client };
            tokio::spawn(client.call("add").arg(n).arg(n).into_future())
        })
        .collect();
    let ended = until(|| calls.iter().filter(|call| call.is_finished()).count() == 4).await;
    assert!(ended, "as many as there is no room for");
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.is_finished(), n > 3 && n != 5, "{n}");
        if call.is_finished() {
            let Err(Error::Overloaded(error)) = call.await.unwrap() else {
                panic!("not overloaded");
            };
            assert_eq!((error.most(), error.found()), (6, 2 + n + 1));
        } else {
            call.abort();
        }
    }
}

/// Old servers know nothing of bounds: here one takes a request that was to be
/// withdrawn.
#[tokio::test]
async fn a_call_that_a_server_has_already_goes_on() {
    let (redis, broker) = redis().await;
    // So that it is not found in the queue, as if it were taken.
    redis.tell("ACL SETUSER default -lpos");
    fill(&redis, 1);
    let client = Client::new(&broker, "calc").max_queue_length(1);
    client.call("clr").oneway().await.unwrap();
    let call = tokio::spawn(client.call("val").into_future());
    assert!(until(|| queued(&redis) == 3).await);
    let watched = until(|| redis.number("tracking_total_keys") == 1).await;
    assert!(watched, "an old server may answer");
    assert!(!call.is_finished());
    let request: String = redis.ask("RPOP calc");
    let request: Value = serde_json::from_str(&request).unwrap();
    let own_queue = request["response_queue"].as_str().unwrap();
    let _: usize = redis.ask(&format!(r#"RPUSH {own_queue} {{"return_value":4}}"#));
    assert_eq!(call.await.unwrap().unwrap(), json!(4));
}

// ===== calls in flight =====

#[tokio::test]
async fn a_call_too_many_in_flight_ends_at_once_and_is_not_sent() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let _server = serve(Server::new(&broker, "calc", held.clone()));
    let client = HeldClient::from(Client::new(&broker, "calc").max_in_flight(2));
    let clone = client.clone();
    let first = tokio::spawn(client.letters(1).into_future());
    held.has_begun(1).await;
    let second = tokio::spawn(clone.letters(2).into_future());
    held.has_begun(2).await;
    let error = Error::from(clone.letters(3).await.unwrap_err());
    assert!(error.is_overloaded() && !error.may_have_run(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "`letters` was not called: 3 calls would be in flight to queue `calc`, 1 more than \
         `max_in_flight` allows; await some of them first"
    );
    let unbounded = tokio::spawn(HeldClient::new(&broker, "calc").letters(4).into_future());
    held.has_begun(3).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let fifth = tokio::spawn(client.letters(5).into_future());
    held.has_begun(4).await;
    held.end();
    for (letters, call) in [(2, second), (4, unbounded), (5, fifth)] {
        assert_eq!(call.await.unwrap().unwrap().len(), letters);
    }
    assert_eq!(redis.ask::<usize>("LLEN calc"), 0);
}

// ===== the server =====

const QUEUE_TIME: Duration = Duration::from_millis(20);

fn now(redis: &RedisServer) -> u64 {
    let (seconds, micros): (u64, u64) = redis.ask("TIME");
    seconds * 1000 + micros / 1000
}

fn shedding(broker: &Broker) -> Server {
    Server::new(broker, "calc", Concurrent).max_queue_time(QUEUE_TIME)
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_refused_and_not_run() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let call = tokio::spawn(client.call("add").arg(1).arg(2).into_future());
    assert!(until(|| queued(&redis) == 1).await);
    let queued_at = now(&redis);
    assert!(until(|| now(&redis) > queued_at + 50).await);
    let _server = serve(shedding(&broker));
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        error.fault().map(|it| it.code()),
        Some(FaultCode::Overloaded)
    );
    assert!(error.is_overloaded() && !error.may_have_run(), "{error:?}");
    let text = error.to_string();
    assert!(
        text.starts_with("`add` was not run: its request waited "),
        "{text}"
    );
    assert!(
        text.contains(" longer than the 20ms its servers allow"),
        "{text}"
    );
}

/// A request as a native client writes it, and further members.
fn request(id: u64, times: &str, more: &str) -> String {
    format!(
        r#"{{"function_call":{{"name":"add","args":[1,2]}},"response_queue":"calc:rpc:{{c}}.{id}","context":{{"id":{id},"inbox":"calc:rpc:{{c}}"{times}}}{more}}}"#
    )
}

#[tokio::test]
async fn old_requests_and_such_as_may_have_run_are_not_shed() {
    let (redis, broker) = redis().await;
    let long_ago = format!(r#","sent":{}"#, now(&redis) - 10_000);
    let in_future = format!(r#","sent":{}"#, now(&redis) + 3_600_000);
    for request in [
        request(1, "", ""),
        request(2, &in_future, ""),
        request(3, &long_ago, r#","attempt":2"#),
        request(4, &long_ago, ""),
    ] {
        let _: usize = redis.ask(&format!("RPUSH calc {request}"));
    }
    let _server = serve(shedding(&broker));
    let answered = until(|| redis.ask::<usize>("LLEN calc:rpc:{c}") == 4).await;
    assert!(answered);
    let replies: Vec<String> = redis.ask("LRANGE calc:rpc:{c} 0 -1");
    for reply in replies {
        let reply: Value = serde_json::from_str(&reply).unwrap();
        match reply["id"].as_u64() {
            Some(4) => assert_eq!(reply["error"]["code"], "overloaded"),
            _ => assert_eq!(reply["return_value"], 3, "{reply}"),
        }
    }
}
