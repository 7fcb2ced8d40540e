//! What is in a queued request, and which requests and names are refused.

use std::{sync::Arc, time::Duration};

use redisrpc::{
    __private::{Dispatched, Request, reply_value},
    Broker, CallError, Client, Error, FaultCode, Server, Service,
    descriptor::ServiceDescriptor,
};
use redisrpc_test_support::{PATIENCE, RedisServer};
use serde_json::Value;

use crate::{
    fixture::{Calculator, CalculatorClient, Concurrent, ConcurrentClient, redis, serve},
    old_peer::OldClient,
};

/// The context of the one request that is queued, which is taken.
fn context(redis: &RedisServer) -> Value {
    let raw: String = redis.ask("LPOP calc");
    let mut request: Value = serde_json::from_str(&raw).unwrap();
    request["context"].take()
}

#[tokio::test]
async fn a_oneway_call_has_a_deadline_only_if_it_was_given_a_timeout() {
    let (redis, broker) = redis().await;
    let client = CalculatorClient::new(&broker, "calc");
    client.add(1.0).oneway().await.unwrap();
    let without = context(&redis);
    assert_eq!(without["oneway"], true, "{without}");
    assert_eq!(without.get("deadline"), None, "{without}");
    let timeout = Duration::from_secs(5);
    client.add(1.0).timeout(timeout).oneway().await.unwrap();
    let with = context(&redis);
    assert!(with["deadline"].is_u64(), "{with}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_too_large_is_refused_unread() {
    let (redis, broker) = redis().await;
    let server = Server::new(&broker, "calc", Concurrent).max_request_bytes(1000);
    let _server = serve(server);
    let text = "x".repeat(1000);
    let client = ConcurrentClient::new(&broker, "calc");
    let error = client.echo(text.clone()).await.unwrap_err();
    let CallError::Rpc(Error::Fault(fault)) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(fault.code(), FaultCode::InvalidRequest);
    assert!(!error.may_have_run());
    let old = format!(
        r#"{{"function_call":{{"name":"echo","args":["{text}"]}},"response_queue":"calc:rpc:OLD"}}"#
    );
    let reply = OldClient::new(&redis, "calc").call(&old, "calc:rpc:OLD");
    let expected = format!("the request has {} bytes, more than the 1000", old.len());
    assert!(reply.contains(&expected), "{reply}");
    assert_eq!(client.echo("short".to_owned()).await.unwrap(), "short");
}

/// Written by hand: has a method of any name.
struct Anything;

static ANYTHING: ServiceDescriptor = ServiceDescriptor::new("Anything", "", &[]);

impl Service for Anything {
    type Cell = Self;
    const DESCRIPTOR: &'static ServiceDescriptor = &ANYTHING;
    const ORDERED: bool = false;

    fn into_cell(self) -> Self {
        self
    }

    async fn dispatch(_: &Arc<Self>, request: &Request<'_>) -> Dispatched {
        reply_value(request, request.method())
    }
}

#[tokio::test]
async fn a_reserved_name_is_never_handed_to_a_service() {
    let broker = Broker::connect("memory://reserved-names").await.unwrap();
    let _server = serve(Server::new(&broker, "any", Anything));
    let client = Client::new(&broker, "any");
    let name: String = client.call("redisrpc").returning().await.unwrap();
    assert_eq!(name, "redisrpc");
    let error = client.call("redisrpc.any").returning::<String>();
    let Error::Fault(fault) = error.await.unwrap_err() else {
        panic!("it is a fault");
    };
    assert_eq!(fault.code(), FaultCode::MethodNotFound);
}

#[tokio::test]
async fn a_queue_that_looks_like_a_list_of_replies_is_refused() {
    let (redis, broker) = redis().await;
    let name = "calc:rpc:X7Y2US";
    let error = CalculatorClient::new(&broker, name).val().await;
    let served = Server::new(&broker, name, Calculator::default());
    let stepped = Server::new(&broker, name, Calculator::default());
    let errors = [
        Error::from(error.unwrap_err()),
        tokio::time::timeout(PATIENCE, served.run())
            .await
            .expect("it does not serve")
            .unwrap_err(),
        stepped.stepped().unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, Error::Invalid(why) if why.contains("`:rpc:`")),
            "{error:?}"
        );
    }
    assert_eq!(redis.ask::<i64>("DBSIZE"), 0);
}
