//! `redisrpc dead`

use redisrpc::Server;
use redisrpc_test_support::{RedisServer, until};

use crate::{
    fixture::{Held, redis, serve},
    process::Process,
    tool::{failure, json, out, redisrpc, run},
};

/// Three letters, the oldest with one letter to be returned, and so on.
fn letters(redis: &RedisServer) {
    for count in 1..=3 {
        let letter = format!(
            r#"{{"function_call":{{"name":"letters","args":[{count}]}},"response_queue":"held:rpc:{{c0ffee}}.{count}","context":{{"id":{count},"inbox":"held:rpc:{{c0ffee}}","deadline":1000,"sent":900,"idempotent":true}},"attempt":3}}"#
        );
        let mut push = redis::cmd("LPUSH");
        push.arg("redisrpc:{held}:dead").arg(letter);
        let _: u64 = push.query(&mut redis.connection()).unwrap();
    }
}

fn left(redis: &RedisServer) -> Vec<u64> {
    let letters = json(redis, &["dead", "ls", "held"]);
    let letters = letters.as_array().unwrap().iter();
    let count = |letter: &serde_json::Value| letter["request"]["function_call"]["args"][0].as_u64();
    letters.map(|letter| count(letter).unwrap()).collect()
}

#[test]
fn dead_letters_are_listed_from_the_oldest_on_and_shown_whole() {
    let redis = RedisServer::start();
    assert_eq!(out(&redis, &["dead", "ls", "held"]), "");
    letters(&redis);
    let listed = out(&redis, &["dead", "ls", "held"]);
    let rows: Vec<Vec<_>> = listed.lines().map(|it| it.split('\t').collect()).collect();
    let [number, sent, method, arguments, caller] = rows[0][..] else {
        panic!("{listed}");
    };
    assert_eq!(
        [number, method, arguments, caller],
        ["1", "letters", "1", "c0ffee"]
    );
    assert!(sent.ends_with(" ago"), "{sent}");
    assert_eq!((rows.len(), rows[2][0], rows[2][3]), (3, "3", "3"));
    let shown = json(&redis, &["dead", "show", "held", "2"]);
    assert_eq!(shown["context"]["id"], 2);
    assert_eq!(left(&redis), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_retried_runs_and_is_none_any_more() {
    let (redis, broker) = redis().await;
    letters(&redis);
    let ended = run(&redis, &["dead", "retry", "held", "1", "3"]);
    assert_eq!((ended.code, &*ended.out), (Some(0), ""));
    assert_eq!(
        ended.err,
        "letters(1) is queued again\nletters(3) is queued again\n\
         nobody waits for the answers: look at what the calls do\n"
    );
    assert_eq!(left(&redis), [2]);
    let held = Held::default();
    let server = serve(Server::new(&broker, "held", held.clone()));
    // Their deadline is past, their count full: neither keeps them from running.
    held.has_begun(2).await;
    held.end();
    assert!(until(|| redis.ask::<Vec<String>>("KEYS held*").is_empty()).await);
    server.stop().await;
    assert_eq!(
        redis.ask::<u64>("EXISTS held:rpc:{c0ffee}"),
        0,
        "nobody is answered"
    );
}

#[test]
fn letters_are_deleted_when_somebody_says_yes() {
    let redis = RedisServer::start();
    letters(&redis);
    let (code, why) = failure(&redis, &["dead", "purge", "held", "all"]);
    assert_eq!(code, 2);
    assert!(why.contains("--yes"), "nobody can be asked: {why}");
    assert_eq!(left(&redis), [1, 2, 3]);
    let ended = run(&redis, &["dead", "purge", "held", "2", "--yes"]);
    assert_eq!((ended.code, &*ended.err), (Some(0), "deleted 1\n"));
    assert_eq!(left(&redis), [1, 3]);
    let ended = run(&redis, &["dead", "purge", "held", "all", "-y"]);
    assert_eq!((ended.code, &*ended.err), (Some(0), "deleted 2\n"));
    assert_eq!(redis.ask::<u64>("EXISTS redisrpc:{held}:dead"), 0);
}

#[test]
fn a_letter_that_is_not_there_or_is_no_request_is_left_alone() {
    let redis = RedisServer::start();
    letters(&redis);
    let (code, why) = failure(&redis, &["dead", "retry", "held", "4"]);
    assert_eq!(code, 2);
    assert!(why.contains("no dead letter 4: there are 3"), "{why}");
    let ended = Process::start(redisrpc().args(["dead", "show", "held", "0"])).ends();
    assert!(
        ended.err.contains("write a number from 1 on, or `all`"),
        "{}",
        ended.err
    );
    let _: u64 = redis.ask("LPUSH redisrpc:{held}:dead junk");
    let (code, why) = failure(&redis, &["dead", "retry", "held", "4"]);
    assert_eq!(code, 1);
    assert!(why.contains("it is no request"), "{why}");
    assert_eq!(redis.ask::<u64>("EXISTS held"), 0);
}
