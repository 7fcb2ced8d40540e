//! `redisrpc call`

use redisrpc::Server;
use redisrpc_test_support::{RedisServer, until};

use crate::{
    dialect::Dialect,
    fixture::{Calculator, Concurrent, Held, redis, serve},
    old_peer::OldServer,
    process::Process,
    tool::{failure, out, redisrpc, run},
};

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_json_or_texts_and_may_have_names() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    for (arguments, answer) in [
        (&["add", "2", "3"][..], "5\n"),
        (&["add", "2", "b=-3"], "-1\n"),
        (&["add", "b=3", "a=2"], "5\n"),
        (&["echo", "hello there"], "\"hello there\"\n"),
        (&["echo", "\"5\""], "\"5\"\n"),
        (&["echo", "\"a=b\""], "\"a=b\"\n"),
        (&["echo", "text=a=b"], "\"a=b\"\n"),
        (&["echo", "--text", "text=5"], "\"text=5\"\n"),
        (&["echo", "--", "--text"], "\"--text\"\n"),
        (&["echo", "\u{1b}[31m\u{9b}"], "\"\\u001b[31m\\u009b\"\n"),
        (
            &["nested", r#"{"x":1,"y":2}"#, "note=null"],
            "\"1,2 None\"\n",
        ),
    ] {
        assert_eq!(
            out(&redis, &[&["call", "calc"], arguments].concat()),
            answer
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_shown_over_several_lines_or_on_one_with_every_digit() {
    let redis = RedisServer::start();
    let value = r#"{"b": [12345678901234567890, 1.50], "a": {}}"#;
    let reply = format!("{{\"return_value\": {value}}}");
    let _server = OldServer::start(&redis, "old", Dialect::Python3, move |_| {
        reply.clone().into()
    });
    let pretty = "{\n  \"b\": [\n    12345678901234567890,\n    1.50\n  ],\n  \"a\": {}\n}\n";
    assert_eq!(out(&redis, &["call", "old", "get"]), pretty);
    let compact = "{\"b\":[12345678901234567890,1.50],\"a\":{}}\n";
    assert_eq!(out(&redis, &["call", "old", "get", "--json"]), compact);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_answers_with_is_told_in_one_line_and_as_json() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Calculator::default()));
    let divided = "error: division by zero (service_error, data \"DivisionByZero\")";
    assert_eq!(
        failure(&redis, &["call", "calc", "div", "0"]),
        (1, divided.to_owned())
    );
    let (_, json) = failure(&redis, &["call", "calc", "div", "0", "--json"]);
    assert_eq!(
        json,
        r#"{"error":{"code":"service_error","may_have_run":true,"message":"division by zero","data":"DivisionByZero"}}"#
    );
    let unknown = "error: Calculator has no method `sqrt`; it has `clr`, `add`, `sub`, `mul`, \
                   `div`, `val` (method_not_found)";
    assert_eq!(failure(&redis, &["call", "calc", "sqrt"]).1, unknown);
    let (code, wrong) = failure(&redis, &["call", "calc", "add", "x"]);
    assert_eq!(code, 1);
    assert!(wrong.contains("argument `number` (position 1)"), "{wrong}");
    server.stop().await;
}

#[test]
fn a_queue_that_nobody_serves_ends_with_3_and_keeps_nothing() {
    let redis = RedisServer::start();
    let call = ["call", "calc", "add", "1", "--timeout", "300ms"];
    let (code, why) = failure(&redis, &call);
    assert_eq!(code, 3);
    assert!(
        why.contains("no server took the request and it was withdrawn"),
        "{why}"
    );
    assert_eq!(redis.ask::<u64>("LLEN calc"), 0);
    let (code, why) = failure(&redis, &["call", "calc", "add", "1", "--fail-unserved"]);
    assert_eq!(code, 3);
    assert!(why.contains("no server serves queue `calc`"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_may_have_run_ends_with_5() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let server = serve(Server::new(&broker, "held", held.clone()));
    let call = ["call", "held", "letters", "1", "--timeout", "1s", "--json"];
    let (code, why) = failure(&redis, &call);
    assert_eq!(code, 5);
    assert!(
        why.contains(r#""code":"timeout","may_have_run":true"#),
        "{why}"
    );
    held.has_begun(1).await;
    held.end();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_oneway_call_is_not_waited_for() {
    let (redis, broker) = redis().await;
    assert_eq!(
        out(&redis, &["call", "held", "letters", "1", "--oneway"]),
        ""
    );
    assert_eq!(redis.ask::<u64>("LLEN held"), 1);
    let held = Held::default();
    let server = serve(Server::new(&broker, "held", held.clone()));
    held.has_begun(1).await;
    held.end();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_call_says_so() {
    let redis = RedisServer::start();
    let mut program = redisrpc();
    program.env("REDIS_URL", redis.url());
    let call = Process::start(program.args(["call", "calc", "get", "--idempotent"]));
    assert!(until(|| redis.ask::<u64>("LLEN calc") == 1).await);
    let request: String = redis.ask("LINDEX calc 0");
    assert!(request.contains(r#""idempotent":true"#), "{request}");
    drop(call);
}

#[test]
fn what_cannot_be_understood_ends_with_2() {
    let redis = RedisServer::start();
    for (arguments, what) in [
        (&["call", "calc"][..], "<METHOD>"),
        (
            &["call", "calc", "add", "--timeout", "5"],
            "the unit is missing; write `5s` or `5ms`",
        ),
        (&["call", "a\nb", "add"], "holds a control character"),
        (&["cal", "calc", "add"], "'call'"),
        (
            &["--url", "http://localhost", "call", "calc", "add"],
            "the scheme `http`",
        ),
        (
            &["--url", "memory://x", "call", "calc", "add"],
            "give the address of a Redis",
        ),
    ] {
        let ended = run(&redis, arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.err.contains(what), "{}", ended.err);
        assert_eq!(ended.out, "");
    }
}
