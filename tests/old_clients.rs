//! Old clients, re-enacted to the byte, against our server.

use redis::cmd;
use redisrpc::Server;
use redisrpc_test_support::until;

use crate::{
    fixture::{Calculator, Concurrent, redis, serve},
    old_peer::OldClient,
};

/// A request and the reply it must get, both as bytes.
type Exchange = (&'static str, &'static str);

/// Makes these calls one after the other against a fresh service on `calc`. The
/// requests name `calc:rpc:JLVLEVMK` as the list for their reply.
/// PUBX
pub async fn exchange(service: impl redisrpc::Service, exchanges: &[Exchange]) {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", service));
    let mut client = OldClient::new(&redis, "calc");
    for (request, reply) in exchanges {
        assert_eq!(client.call(request, REPLIES), *reply, "to {request}");
    }
    server.stop().await;
    assert_eq!(redis.keys(), [""; 0]);
}

const REPLIES: &str = "calc:rpc:JLVLEVMK";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_3_client_calculates() {
    exchange(
        Calculator::default(),
        &[
            (
                r#"{"function_call": {"name": "clr"}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":null}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [5]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5.0}"#,
            ),
            (
                r#"{"function_call": {"name": "sub", "kwargs": {"number": 3.0}}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":2.0}"#,
            ),
            (
                r#"{"function_call": {"name": "mul", "args": [-0.0]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":-0.0}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [1e-07]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":1e-7}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [18446744073709551616]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":1.8446744073709552e+19}"#,
            ),
            (
                r#"{"function_call": {"name": "add", "args": [1e+25]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":1.0000018446744075e+25}"#,
            ),
            (
                r#"{"function_call": {"name": "div", "args": [0.0]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"division by zero"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_2_client_calculates() {
    exchange(
        Calculator::default(),
        &[
            (
                r#"{"response_queue": "calc:rpc:JLVLEVMK", "function_call": {"args": [5], "name": "add"}}"#,
                r#"{"return_value":5.0}"#,
            ),
            (
                r#"{"response_queue": "calc:rpc:JLVLEVMK", "function_call": {"name": "sub", "kwargs": {"number": 1}}}"#,
                r#"{"return_value":4.0}"#,
            ),
            (
                r#"{"response_queue": "calc:rpc:JLVLEVMK", "function_call": {"name": "val"}}"#,
                r#"{"return_value":4.0}"#,
            ),
            // What copying and pickling a client send.
            (
                r#"{"response_queue": "calc:rpc:JLVLEVMK", "function_call": {"name": "__getstate__"}}"#,
                r#"{"exception":"Calculator has no method `__getstate__`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ruby_client_calculates_and_its_uninvited_calls_are_exceptions() {
    exchange(
        Calculator::default(),
        &[
            (
                r#"{"function_call":{"name":"clr","args":[]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":null}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[5.0]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5.0}"#,
            ),
            (
                r#"{"function_call":{"name":"mul","args":[1.0e-07]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5e-7}"#,
            ),
            // `add(number: 5)` is one positional hash.
            (
                r#"{"function_call":{"name":"add","args":[{"number":5}]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"`add`: argument `number` (position 1): invalid type: map, expected f64"}"#,
            ),
            (
                r#"{"function_call":{"name":"to_ary","args":[]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"Calculator has no method `to_ary`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`"}"#,
            ),
            (
                r#"{"function_call":{"name":"respond_to?","args":["to_ary",true]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"Calculator has no method `respond_to?`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`"}"#,
            ),
            (
                r#"{"function_call":{"name":"[]","args":[0]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"exception":"Calculator has no method `[]`; it has `clr`, `add`, `sub`, `mul`, `div`, `val`"}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_php_client_calculates_by_position_and_by_name() {
    exchange(
        Calculator::default(),
        &[
            (
                r#"{"function_call":{"name":"clr"},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":null}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[5]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5.0}"#,
            ),
            (
                r#"{"function_call":{"name":"sub","args":{"number":1}},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":4.0}"#,
            ),
            (
                r#"{"function_call":{"name":"mul","args":[-0]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":-0.0}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[1.2676506002282294e+30]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":1.2676506002282294e+30}"#,
            ),
        ],
    )
    .await;
    exchange(
        Concurrent,
        &[(
            r#"{"function_call":{"name":"add","args":{"0":2,"b":3}},"response_queue":"calc:rpc:JLVLEVMK"}"#,
            r#"{"return_value":5}"#,
        )],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_php_client_escapes_the_slash_of_its_reply_queue() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "math/calc", Calculator::default()));
    let request =
        r#"{"function_call":{"name":"add","args":[5]},"response_queue":"math\/calc:rpc:YFJgeVny"}"#;
    let reply = OldClient::new(&redis, "math/calc").call(request, "math/calc:rpc:YFJgeVny");
    assert_eq!(reply, r#"{"return_value":5.0}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_in_every_clients_escapes_is_the_same_text() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"function_call": {"name": "echo", "args": ["\u00e9 \ud83d\ude00 \u007f /"]}, "response_queue": "calc:rpc:JLVLEVMK"}"#,
                "{\"return_value\":\"é 😀 \u{7f} /\"}",
            ),
            (
                "{\"function_call\":{\"name\":\"echo\",\"args\":[\"é 😀 \u{7f} / \u{2028}\"]},\"response_queue\":\"calc:rpc:JLVLEVMK\"}",
                "{\"return_value\":\"é 😀 \u{7f} / \u{2028}\"}",
            ),
            (
                "{\"function_call\":{\"name\":\"echo\",\"args\":[\"\\u00e9 \\ud83d\\ude00 \u{7f} \\/\"]},\"response_queue\":\"calc:rpc:JLVLEVMK\"}",
                "{\"return_value\":\"é 😀 \u{7f} /\"}",
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_in_any_order_null_or_unknown() {
    exchange(
        Concurrent,
        &[
            (
                r#"{"version":2,"response_queue":"calc:rpc:JLVLEVMK","function_call":{"extra":{"a":[1]},"kwargs":null,"args":[2,3],"name":"add"},"trace":null}"#,
                r#"{"return_value":5}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":null,"kwargs":{"b":3,"a":2}},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5}"#,
            ),
            // An empty map of PHP is a list.
            (
                r#"{"function_call":{"name":"add","args":[2,3],"kwargs":[]},"response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5}"#,
            ),
            // Of duplicates the last counts.
            (
                r#"{"function_call":{"name":"echo","name":"add","args":[2,3]},"response_queue":"nowhere","response_queue":"calc:rpc:JLVLEVMK"}"#,
                r#"{"return_value":5}"#,
            ),
            (
                r#"{"function_call":{"name":"add","args":[2,3]},"response_queue":"calc:rpc:JLVLEVMK","context":null}"#,
                r#"{"return_value":5}"#,
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reply_key_expires_within_a_minute() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let mut client = OldClient::new(&redis, "calc");
    let mut look = redis.connection();
    for (index, call) in [
        r#"{"name":"add","args":[1,2]}"#,
        r#"{"name":"to_ary","args":[]}"#,
        r#"{"name":"add","args":[NaN,2]}"#,
        r#"{"name":"panic","args":["ouch"]}"#,
        r#"{}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let list = format!("calc:rpc:UNREAD{index}");
        client.send(format!(
            r#"{{"function_call":{call},"response_queue":"{list}"}}"#
        ));
        let mut expiry = || cmd("PTTL").arg(&list).query::<i64>(&mut look).unwrap();
        // -2 is for no key, -1 for no expiry.
        assert!(until(|| expiry() != -2).await, "{call} is answered");
        assert!(until(|| expiry() != -1).await, "{call}: no expiry");
        assert!((1..=60_000).contains(&expiry()), "{call}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_float_arrives_as_the_very_float_that_was_sent() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Calculator::default()));
    let mut client = OldClient::new(&redis, "calc");
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..1000 {
        // Xorshift: any bits that make a number.
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        let sent = f64::from_bits(bits);
        if !sent.is_normal() {
            continue;
        }
        client.call(CLR, REPLIES);
        let reply = client.call(
            format!(r#"{{"function_call":{{"name":"add","args":[{sent:?}]}},"response_queue":"{REPLIES}"}}"#),
            REPLIES,
        );
        let float = reply.strip_prefix(r#"{"return_value":"#).unwrap();
        let float: f64 = float.strip_suffix('}').unwrap().parse().unwrap();
        assert_eq!(float.to_bits(), sent.to_bits(), "{sent:?} became {float:?}");
    }
}

const CLR: &str = r#"{"function_call":{"name":"clr"},"response_queue":"calc:rpc:JLVLEVMK"}"#;
