//! Old servers, re-enacted to the byte, called by our clients.

use std::sync::mpsc;

use redis::cmd;
use redisrpc::{CallError, Client, Error, FaultCode};
use redisrpc_test_support::{PATIENCE, RedisServer};
use serde_json::json;

use crate::{
    dialect::{Dialect, calculator},
    fixture::{CalculatorClient, redis},
    old_peer::{Deed, OldServer},
};

fn keys(redis: &RedisServer) -> i64 {
    cmd("DBSIZE").query(&mut redis.connection()).unwrap()
}

#[tokio::test]
async fn every_old_server_calculates_for_the_stub_and_leaves_no_key_behind() {
    for dialect in Dialect::ALL {
        let (redis, broker) = redis().await;
        let _server = OldServer::start(&redis, "calc", dialect, calculator(dialect));
        let calculator = CalculatorClient::new(&broker, "calc");
        // It returns null in Python, 0.0 in Ruby and 0 in PHP.
        calculator.clr().await.unwrap();
        assert_eq!(calculator.add(5.0).await.unwrap(), 5.0);
        assert_eq!(calculator.sub(3.0).await.unwrap(), 2.0);
        assert_eq!(calculator.mul(4.0).await.unwrap(), 8.0);
        assert_eq!(calculator.div(2.0).await.unwrap(), 4.0);
        assert_eq!(calculator.val().await.unwrap(), 4.0);
        assert_eq!(keys(&redis), 0, "{dialect:?}");
    }
}

#[tokio::test]
async fn every_old_server_answers_the_untyped_client_in_its_own_words() {
    for (dialect, sum, cleared, missing) in [
        (
            Dialect::Python3,
            json!(2.5),
            json!(null),
            "AttributeError(\"'Calculator' object has no attribute 'sqrt'\")",
        ),
        (
            Dialect::Python27,
            json!(2.5),
            json!(null),
            "AttributeError(\"'Calculator' object has no attribute 'sqrt'\",)",
        ),
        (
            Dialect::Ruby,
            json!(2.5),
            json!(0.0),
            "undefined method `sqrt' for #<Calculator:0x00007f1c>",
        ),
        (
            Dialect::RubyMaster,
            json!(2.5),
            json!(0.0),
            "undefined method `sqrt' for #<Calculator:0x00007f1c>",
        ),
        (
            Dialect::Php,
            json!(2.5),
            json!(0),
            "method \"sqrt\" does not exist",
        ),
    ] {
        let (redis, broker) = redis().await;
        let _server = OldServer::start(&redis, "calc", dialect, calculator(dialect));
        let client = Client::new(&broker, "calc");
        assert_eq!(client.call("add").arg(2.5).await.unwrap(), sum);
        assert_eq!(client.call("clr").await.unwrap(), cleared);
        let error = client.call("sqrt").arg(2).await.unwrap_err();
        let fault = error.fault().unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(fault.code(), FaultCode::Exception, "{dialect:?}");
        assert_eq!(fault.message(), missing);
        // An old server says no more than that; the method may have run.
        assert!(error.may_have_run());
        assert_eq!(keys(&redis), 0, "{dialect:?}");
    }
}

#[tokio::test]
async fn an_old_server_reads_the_legacy_request_first() {
    let (redis, broker) = redis().await;
    let (seen, requests) = mpsc::channel();
    let python = Dialect::Python3;
    let _server = OldServer::start(&redis, "calc", python, move |call| {
        seen.send(call.raw.clone()).unwrap();
        python.returned("null").into()
    });
    let client = Client::new(&broker, "calc");
    for (call, expected) in [
        (client.call("m"), r#"{"function_call":{"name":"m"},"#),
        (
            client.call("m").arg(5.0).arg("é /"),
            r#"{"function_call":{"name":"m","args":[5.0,"é /"]},"#,
        ),
        (
            client.call("m").arg(1).named("a", 2),
            r#"{"function_call":{"name":"m","args":[1],"kwargs":{"a":2}},"#,
        ),
    ] {
        call.await.unwrap();
        let request = requests.recv_timeout(PATIENCE).unwrap();
        let rest = request.strip_prefix(expected);
        let rest = rest.unwrap_or_else(|| panic!("{request} begins otherwise"));
        assert!(
            rest.starts_with(r#""response_queue":"calc:rpc:{"#),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_python_server_takes_arguments_by_name() {
    let (redis, broker) = redis().await;
    let python = Dialect::Python3;
    let _server = OldServer::start(&redis, "calc", python, calculator(python));
    let client = Client::new(&broker, "calc");
    let sum = client.call("add").named("number", 5.0).await.unwrap();
    assert_eq!(sum, json!(5.0));
}

/// A server that answers every call with the same bytes.
fn answering(redis: &RedisServer, reply: &[u8]) -> OldServer {
    let reply = reply.to_owned();
    OldServer::start(redis, "calc", Dialect::Ruby, move |_| {
        Deed::Answers(reply.clone())
    })
}

#[tokio::test]
async fn whatever_an_old_server_returns_is_read() {
    let (redis, broker) = redis().await;
    for (reply, value) in [
        (r#"{"return_value": null}"#, json!(null)),
        (r#"{"return_value": 4.0}"#, json!(4.0)),
        (r#"{"return_value":4}"#, json!(4)),
        (r#"{"return_value": "\u00e9 \ud83d\ude00"}"#, json!("é 😀")),
        (r#"{"return_value":"\/ \u00e9"}"#, json!("/ é")),
        (r#"{"return_value":"é 😀"}"#, json!("é 😀")),
        (
            r#"{"return_value": 1267650600228229401496703205376}"#,
            json!(1.2676506002282294e30),
        ),
        (
            r#"{"return_value":1.2676506002282294e+30}"#,
            json!(1.2676506002282294e30),
        ),
        (r#"{"return_value": [1, {"a": []}]}"#, json!([1, {"a": []}])),
        // A null exception beside a value is none, as for Python and PHP.
        (r#"{"exception":null,"return_value":1}"#, json!(1)),
        (r#"{"return_value":1,"extra":{"a":[1]}}"#, json!(1)),
        (r#"{"return_value":1,"return_value":2}"#, json!(2)),
    ] {
        let server = answering(&redis, reply.as_bytes());
        let returned = Client::new(&broker, "calc").call("m").await;
        assert_eq!(returned.unwrap(), value, "{reply}");
        server.stop();
    }
}

#[tokio::test]
async fn an_old_servers_exception_is_a_fault_with_its_text() {
    let (redis, broker) = redis().await;
    for (reply, text) in [
        (
            r#"{"exception": "ValueError('boom / \u00e9')"}"#,
            "ValueError('boom / é')",
        ),
        (
            r#"{"exception": "ValueError(u'boom / \\xe9',)"}"#,
            "ValueError(u'boom / \\xe9',)",
        ),
        (r#"{"exception":"boom / é"}"#, "boom / é"),
        (
            r#"{"exception":"boom","backtrace":["calc.rb:9:in `add'","server.rb:2"]}"#,
            "boom",
        ),
        (
            r#"{"exception":"method \"x\" does not exist"}"#,
            "method \"x\" does not exist",
        ),
        (r#"{"exception":"boom","return_value":1}"#, "boom"),
        // Not what an old server sends, and a failure all the same.
        (r#"{"exception":["boom"]}"#, r#"["boom"]"#),
        (r#"{"exception":""}"#, "exception"),
        (r#"{"exception": "\ud800 boom"}"#, r#""\ud800 boom""#),
    ] {
        let server = answering(&redis, reply.as_bytes());
        let error = CalculatorClient::new(&broker, "calc").div(1.0).await;
        let error = error.unwrap_err();
        let CallError::Rpc(Error::Fault(fault)) = &error else {
            panic!("{reply}: {error:?}");
        };
        assert_eq!(fault.code(), FaultCode::Exception, "{reply}");
        assert_eq!(fault.message(), text, "{reply}");
        assert_eq!(fault.data(), None);
        server.stop();
    }
}

#[tokio::test]
async fn a_reply_that_is_none_is_an_error_that_says_so_at_once() {
    let (redis, broker) = redis().await;
    let replies: [&[u8]; 13] = [
        b"{}",
        b"[]",
        b"[1]",
        b"null",
        b"4",
        b"garbage",
        b"",
        br#"{"return_value": NaN}"#,
        br#"{"return_value": Infinity}"#,
        b"{\"return_value\":\"\xff\"}",
        b"\xef\xbb\xbf{\"return_value\":1}",
        br#"{"return_value": "\ud800"}"#,
        br#"{"return_value":1"#,
    ];
    for reply in replies {
        let what = String::from_utf8_lossy(reply);
        let server = answering(&redis, reply);
        let untyped = Client::new(&broker, "calc").call("val").await;
        let typed = CalculatorClient::new(&broker, "calc").val().await;
        for error in [untyped.unwrap_err(), typed.unwrap_err().into()] {
            assert!(matches!(error, Error::Decode(_)), "{what}: {error:?}");
            let text = error.to_string();
            assert!(
                text.starts_with("the reply to `val` cannot be read: "),
                "{what}: {text}"
            );
            assert!(error.may_have_run());
        }
        server.stop();
    }
    assert_eq!(keys(&redis), 0);
}
