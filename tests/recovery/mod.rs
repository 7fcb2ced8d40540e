//! Servers die; their calls are answered for.

mod doubt;
mod fleet;
mod full;
mod letters;
mod outages;
mod slow;
pub mod takeover;
pub mod worker;

use std::time::Duration;

use redisrpc::{Broker, CallError, Error, FaultCode};
use redisrpc_test_support::{RedisServer, until};

use self::worker::{WorkClient, server, worker};
use crate::fixture::{redis, serve};

/// Longer than any recovery takes, so that what ends a call is not its deadline.
pub const LONG: Duration = Duration::from_secs(60);

fn client(broker: &Broker) -> WorkClient {
    WorkClient::new(broker, "work")
}

pub async fn ran(redis: &RedisServer, mark: &str, times: u64) {
    let count = || {
        redis
            .ask::<Option<u64>>(&format!("GET {mark}"))
            .unwrap_or(0)
    };
    assert!(
        until(|| count() >= times).await,
        "{mark} ran {} times",
        count()
    );
    assert_eq!(count(), times, "{mark}");
}

pub fn end(redis: &RedisServer, mark: &str) {
    let _: () = redis.ask(&format!("SET {mark}:end 1 PX 60000"));
}

pub fn interrupted<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> String {
    match outcome {
        Err(CallError::Rpc(Error::Fault(fault))) => {
            assert_eq!(fault.code(), FaultCode::Interrupted, "{fault}");
            assert!(fault.may_have_run());
            fault.to_string()
        }
        other => panic!("{other:?}"),
    }
}

/// What an old caller is told whose server died.
const INTERRUPTED: &str = r#"{"exception":"the server was lost while it ran the call"}"#;

/// The servers that are known.
fn names(redis: &RedisServer) -> Vec<String> {
    redis.ask("HKEYS redisrpc:{work}:servers")
}

/// What servers keep while requests are in progress, and what they leave.
fn kept(redis: &RedisServer) -> Vec<String> {
    let mut keys = redis.left_behind();
    keys.retain(|key| key.starts_with("redisrpc:"));
    keys
}

#[tokio::test]
async fn a_killed_servers_calls_are_answered_by_another_and_do_not_run_again() {
    let (redis, broker) = redis().await;
    let doomed = worker(&redis, "reported");
    let calls: Vec<_> = (0..50)
        .map(|n| {
            client(&broker)
                .once(format!("a{n}"))
                .timeout(LONG)
                .into_future()
        })
        .map(tokio::spawn)
        .collect();
    for n in 0..50 {
        ran(&redis, &format!("a{n}"), 1).await;
    }
    assert!(!kept(&redis).is_empty());
    doomed.signal("KILL");
    let other = serve(server(&broker, &redis.url()).await);
    for call in calls {
        interrupted(call.await.unwrap());
    }
    for n in 0..50 {
        ran(&redis, &format!("a{n}"), 1).await;
    }
    let nothing = until(|| kept(&redis).is_empty()).await;
    assert!(nothing, "{:?}", kept(&redis));
    assert!(until(|| names(&redis).len() == 1).await);
    other.stop().await;
    assert_eq!(redis.kept_by_servers(), [""; 0]);
}

#[tokio::test]
async fn a_killed_servers_idempotent_calls_run_again_and_those_that_were_answered_do_not() {
    let (redis, broker) = redis().await;
    let doomed = worker(&redis, "reported");
    let client = client(&broker);
    // Taken together: while the first of them runs, nothing is taken in its list.
    let slow = tokio::spawn(client.often("slow".into()).timeout(LONG).into_future());
    let quick = (0..20).map(|n| client.quick(format!("q{n}")).into_future());
    for call in quick.map(tokio::spawn).collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    ran(&redis, "slow", 1).await;
    doomed.signal("KILL");
    let other = serve(server(&broker, &redis.url()).await);
    ran(&redis, "slow", 2).await;
    end(&redis, "slow");
    assert_eq!(slow.await.unwrap().unwrap(), 2);
    for n in 0..20 {
        ran(&redis, &format!("q{n}"), 1).await;
    }
    assert!(
        until(|| kept(&redis).is_empty()).await,
        "{:?}",
        kept(&redis)
    );
    other.stop().await;
}

#[tokio::test]
async fn a_call_that_ends_its_servers_is_a_dead_letter_after_three() {
    let (redis, broker) = redis().await;
    let mut workers: Vec<_> = (0..3).map(|_| worker(&redis, "reported")).collect();
    let call = client(&broker)
        .poison("p".into())
        .timeout(LONG)
        .into_future();
    let call = tokio::spawn(call);
    for worker in workers.drain(..) {
        // In whatever order.
        let ended = tokio::task::spawn_blocking(|| worker.ends());
        assert_eq!(ended.await.unwrap().code, None);
    }
    ran(&redis, "p", 3).await;
    let other = serve(server(&broker, &redis.url()).await);
    let text = interrupted(call.await.unwrap());
    assert!(text.contains("dead letters"), "{text}");
    ran(&redis, "p", 3).await;
    // The caller is answered first, then the letter is put away.
    let dead = || redis.ask::<Vec<String>>("LRANGE redisrpc:{work}:dead 0 -1");
    assert!(until(|| !dead().is_empty()).await);
    let dead = dead();
    assert!(
        matches!(&dead[..], [one] if one.contains(r#""poison""#) && one.ends_with(r#","attempt":3}"#)),
        "{dead:?}"
    );
    other.stop().await;
}

#[tokio::test]
async fn a_call_delivered_at_most_once_waits_for_its_deadline() {
    let (redis, broker) = redis().await;
    let doomed = worker(&redis, "at most once");
    let call = client(&broker)
        .often("a".into())
        .timeout(Duration::from_secs(8));
    let call = tokio::spawn(call.into_future());
    ran(&redis, "a", 1).await;
    assert_eq!(kept(&redis), [""; 0]);
    doomed.signal("KILL");
    let other = serve(server(&broker, &redis.url()).await);
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error}");
    ran(&redis, "a", 1).await;
    other.stop().await;
}

#[tokio::test]
async fn an_old_caller_of_a_killed_server_gets_an_exception() {
    let (redis, broker) = redis().await;
    let doomed = worker(&redis, "reported");
    let request =
        r#"{"function_call":{"name":"once","args":["old"]},"response_queue":"work:rpc:OLD"}"#;
    let mut old = redis.connection();
    let _: () = redis::cmd("RPUSH")
        .arg("work")
        .arg(request)
        .query(&mut old)
        .unwrap();
    ran(&redis, "old", 1).await;
    doomed.signal("KILL");
    let other = serve(server(&broker, &redis.url()).await);
    let mut reply: Option<String> = None;
    let answered = until(|| {
        reply = redis.ask("LPOP work:rpc:OLD");
        reply.is_some()
    });
    assert!(answered.await);
    assert_eq!(reply.as_deref(), Some(INTERRUPTED));
    other.stop().await;
}

#[tokio::test]
async fn a_server_that_was_taken_for_dead_goes_on_under_a_new_name() {
    let (redis, broker) = redis().await;
    let frozen = worker(&redis, "reported");
    let client = client(&broker);
    let (once, often) = (client.once("a".into()), client.often("b".into()));
    let once = tokio::spawn(once.timeout(LONG).into_future());
    let often = tokio::spawn(often.timeout(LONG).into_future());
    ran(&redis, "a", 1).await;
    ran(&redis, "b", 1).await;
    frozen.signal("STOP");
    let other = serve(server(&broker, &redis.url()).await);
    interrupted(once.await.unwrap());
    ran(&redis, "b", 2).await;
    assert!(
        until(|| names(&redis).len() == 1).await,
        "{:?}",
        names(&redis)
    );
    let others = names(&redis);
    frozen.signal("CONT");
    assert!(
        until(|| names(&redis).len() == 2).await,
        "{:?}",
        names(&redis)
    );
    end(&redis, "a");
    end(&redis, "b");
    // Whoever is first.
    assert!(matches!(often.await.unwrap(), Ok(1 | 2)));
    other.stop().await;
    assert!(!names(&redis).contains(&others[0]));
    assert_eq!(client.quick("c".into()).await.unwrap(), 1);
    ran(&redis, "a", 1).await;
    ran(&redis, "b", 2).await;
}

#[tokio::test]
async fn a_server_makes_itself_known_again_when_redis_has_lost_everything() {
    let (redis, broker) = redis().await;
    let serving = serve(server(&broker, &redis.url()).await);
    assert!(until(|| names(&redis).len() == 1).await);
    let before = names(&redis);
    let _: () = redis.ask("FLUSHALL");
    assert!(
        until(|| names(&redis) == before).await,
        "{:?}",
        names(&redis)
    );
    assert_eq!(client(&broker).quick("a".into()).await.unwrap(), 1);
    serving.stop().await;
}
