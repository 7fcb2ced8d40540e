//! What old clients send that goes wrong: always an exception they can show, or
//! nothing at all, and never the end of the server.

use redis::{Connection, cmd};
use redisrpc::Server;

use crate::{
    fixture::{Calculator, Concurrent, redis, serve},
    old_clients::exchange,
    old_peer::OldClient,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_arguments_are_exceptions_that_name_them() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"function_call": {"name": "add", "args": [1]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: missing argument `b` (position 2)"}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: missing argument `a` (position 1)"}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [1, 2, 3]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: takes 2 arguments, 3 were given"}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [1], "kwargs": {"c": 2}}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: unexpected argument `c`, expected `a`, `b`"}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [1, 2], "kwargs": {"a": 1}}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: multiple values for `a`"}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":{"0":1,"c":2}},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: unexpected argument `c`, expected `a`, `b`"}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":"12"},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: `args` must be a list"}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[1,1.2676506002282294e+30]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: argument `b` (position 2): invalid type: floating point `1.2676506002282294e+30`, expected i64"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pythons_nan_and_infinity_are_answered_with_an_exception() {
    exchange(
        Calculator::default(),
        &[
            (
                r#"{"function_call": {"name": "add", "args": [NaN]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"the request cannot be read: it holds NaN or Infinity, and JSON has no such numbers"}"#,
            ),
            (
                r#"{"response_queue": "calc:rpc:JLVLEVMK", "function_call": {"args": [-Infinity], "name": "add"}}"#,
                r#"{"exception":"the request cannot be read: it holds NaN or Infinity, and JSON has no such numbers"}"#,
            ),
            // Nothing of it was run.
            (
                r#"{"function_call": {"name": "val"}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":0.0}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_and_a_number_that_is_not_json_are_exceptions() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"function_call":{"name":"panic","args":["boom \/ \u00e9"]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`panic` panicked: boom / é"}"#,
            ),
            // Old PHP clients take an empty exception for none.
            (
                r#"{"function_call":{"name":"panic","args":[""]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`panic` panicked: "}"#,
            ),
            (
                r#"{"function_call":{"name":"infinite"},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`infinite`: the return value cannot be sent: the number inf is not finite, and JSON has no such number"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_readable_name_is_an_exception() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`function_call` is missing"}"#,
            ),
            (
                r#"{"function_call":"add","response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`function_call` is not an object"}"#,
            ),
            (
                r#"{"function_call":{"args":[1]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`name` is missing from `function_call` or not a string"}"#,
            ),
            (
                r#"{"function_call":{"name":5},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`name` is missing from `function_call` or not a string"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lone_surrogates_are_exceptions() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"function_call": {"name": "echo", "args": ["\ud800"]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`echo`: argument `text` (position 1): unexpected end of hex escape"}"#,
            ),
            (
                r#"{"function_call": {"name": "echo", "kwargs": {"\ud800": 1}}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`echo`: `kwargs` cannot be read: unexpected end of hex escape at line 1 column 9"}"#,
            ),
            (
                r#"{"function_call": {"name": "\ud800"}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`name` is missing from `function_call` or not a string"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_nesting_and_invalid_utf_8_are_exceptions() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let mut client = OldClient::new(&redis, "calc");
    let around = |argument: &[u8]| {
        let [before, after] = [
            br#"{"function_call":{"name":"echo","args":["#.as_slice(),
            br#"]},"response_queue":"calc:rpc:LL176RMU"}"#.as_slice(),
        ];
        [before, argument, after].concat()
    };
    for depth in [101, 1000, 100_000] {
        let nested = [vec![b'['; depth], vec![b']'; depth]].concat();
        let reply = client.call(around(&nested), "calc:rpc:LL176RMU");
        let why = "invalid type: sequence, expected a string";
        let exception = format!(r#"{{"exception":"`echo`: argument `text` (position 1): {why}"}}"#);
        assert_eq!(reply, exception, "{depth} levels");
    }
    let reply = client.call(around(b"\"\xff\""), "calc:rpc:LL176RMU");
    let exception = r#"{"exception":"the request cannot be read: invalid unicode code point"#;
    assert!(reply.starts_with(exception), "{reply}");
    let reply = client.call(around(br#""still here""#), "calc:rpc:LL176RMU");
    assert_eq!(reply, r#"{"return_value":"still here"}"#);
}

/// Payloads that no reply can be sent for.
const UNANSWERABLE: &[&[u8]] = &[
    // PHP, for NAN and for invalid UTF-8.
    b"",
    b"garbage",
    b"null",
    b"[]",
    b"5",
    b"\xff\xfe",
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":"calc:rpc:X"#,
    // A pickle of {"response_queue": "calc:rpc:X"}.
    b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x0eresponse_queue\x94\x8c\ncalc:rpc:X\x94s.",
    // A pickle that runs a command, for servers that let it.
    b"cposix\nsystem\n(S'touch /tmp/never'\ntR.",
    br#"{"function_call":{"name":"add","args":[1]}}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":null}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":5}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":""}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":"calc"}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":"calc:rpc:"}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":"other:rpc:X"}"#,
    br#"{"function_call":{"name":"add","args":[NaN]},"response_queue":"other:rpc:X"}"#,
    br#"{"function_call":{"name":"add","args":[1]},"response_queue":"calc:rpc:X","context":{"id":1,"inbox":"other:rpc:X"}}"#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_each_payload_that_cannot_be_answered_a_call_works() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut client = OldClient::new(&redis, "calc");
    for (added, payload) in (1..).zip(UNANSWERABLE) {
        client.send(payload);
        let what = String::from_utf8_lossy(payload);
        // Requests run in order, so the payload was dealt with before this call,
        // and the sum shows that it was not run.
        let sum = client.call(ADD_ONE, "calc:rpc:LL176RMU");
        assert_eq!(sum, format!(r#"{{"return_value":{added}.0}}"#), "{what}");
        let keys = redis.left_behind();
        assert!(keys.is_empty(), "{what} left {keys:?}");
    }
}

const ADD_ONE: &str =
    r#"{"function_call":{"name":"add","args":[1]},"response_queue":"calc:rpc:LL176RMU"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_not_the_queues_own_are_left_alone() {
    let (redis, broker) = redis().await;
    let mut look = redis.connection();
    let foreign = ["other:rpc:X", "sessions", "calcrpc:X", "5"];
    for key in foreign {
        let _: i64 = cmd("RPUSH").arg(key).arg("mine").query(&mut look).unwrap();
    }
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut client = OldClient::new(&redis, "calc");
    for key in foreign {
        for (args, list) in [
            ("[1]", format!(r#""{key}""#)),
            ("[NaN]", format!(r#""{key}""#)),
            ("[1]", key.to_owned()),
        ] {
            client.send(format!(
                r#"{{"function_call":{{"name":"add","args":{args}}},"response_queue":{list}}}"#
            ));
        }
    }
    // In order, so that all those before it have been dealt with.
    let sum = client.call(ADD_ONE, "calc:rpc:LL176RMU");
    assert_eq!(sum, r#"{"return_value":1.0}"#);
    for key in foreign {
        assert_eq!(elements(&mut look, key), ["mine"]);
        let expiry: i64 = cmd("PTTL").arg(key).query(&mut look).unwrap();
        assert_eq!(expiry, -1, "{key} has no expiry, as before");
    }
}

fn elements(look: &mut Connection, list: &str) -> Vec<String> {
    let all = cmd("LRANGE").arg(list).arg(0).arg(-1).query(look);
    all.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_queue_that_is_no_list_is_not_overwritten_and_ends_nothing() {
    let (redis, broker) = redis().await;
    let mut look = redis.connection();
    let _: () = cmd("SET")
        .arg("calc:rpc:text")
        .arg("mine")
        .query(&mut look)
        .unwrap();
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut client = OldClient::new(&redis, "calc");
    client.send(r#"{"function_call":{"name":"val"},"response_queue":"calc:rpc:text"}"#);
    let sum = client.call(ADD_ONE, "calc:rpc:LL176RMU");
    assert_eq!(sum, r#"{"return_value":1.0}"#);
    let value: String = cmd("GET").arg("calc:rpc:text").query(&mut look).unwrap();
    assert_eq!(value, "mine");
}
