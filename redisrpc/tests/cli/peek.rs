//! `redisrpc peek`

use redisrpc_test_support::RedisServer;

use crate::tool::{failure, json, out};

const OLD: &str = r#"{"function_call":{"name":"add","args":[2.0],"kwargs":{"b":[1,2]}},"response_queue":"calc:rpc:X7Y2US"}"#;

/// A request that was sent a minute ago, by a caller who waits for two minutes more.
fn native(redis: &RedisServer) -> String {
    let (seconds, _): (u64, u64) = redis.ask("TIME");
    let (sent, deadline) = ((seconds - 60) * 1000, (seconds + 120) * 1000);
    format!(
        r#"{{"function_call":{{"name":"val"}},"response_queue":"calc:rpc:{{c0ffee}}.1","context":{{"id":1,"inbox":"calc:rpc:{{c0ffee}}","deadline":{deadline},"sent":{sent}}}}}"#
    )
}

fn push(redis: &RedisServer, requests: &[&str]) {
    let mut push = redis::cmd("RPUSH");
    push.arg("calc").arg(requests);
    let _: u64 = push.query(&mut redis.connection()).unwrap();
}

#[test]
fn waiting_requests_are_shown_and_stay() {
    let redis = RedisServer::start();
    push(&redis, &[OLD, &native(&redis), "no \u{1b}[31mrequest"]);
    let shown = out(&redis, &["peek", "calc"]);
    let rows: Vec<Vec<_>> = shown.lines().map(|it| it.split('\t').collect()).collect();
    assert_eq!(rows[0], ["-", "add", "2.0, b=[1,2]", "X7Y2US", "-"]);
    // Ages are told to the second, or to the tenth of one.
    let [age, "val", "", "c0ffee", left] = rows[1][..] else {
        panic!("{shown}");
    };
    assert!(age.starts_with("1m") && left.starts_with("1m"), "{shown}");
    assert_eq!(rows[2], ["-", "?", "no \\u{1b}[31mrequest", "", "-"]);
    assert_eq!(redis.ask::<u64>("LLEN calc"), 3);
}

#[test]
fn programs_are_told_more() {
    let redis = RedisServer::start();
    push(&redis, &[&native(&redis), "junk"]);
    let shown = json(&redis, &["peek", "calc", "-n", "1"]);
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["method"], "val");
    assert!(shown[0]["age_ms"].as_u64().unwrap() >= 60_000);
    assert!(shown[0]["left_ms"].as_u64().unwrap() <= 120_000);
    assert_eq!(shown[0]["request"]["context"]["id"], 1);
}

#[test]
fn what_is_no_queue_is_not_looked_into() {
    let redis = RedisServer::start();
    redis.tell("SET calc 5");
    let (code, why) = failure(&redis, &["peek", "calc"]);
    assert_eq!(code, 4);
    assert!(why.contains("WRONGTYPE"), "{why}");
}
