//! What travels with a call beside its arguments.

use redisrpc::{Broker, Client, Context, Server};
use redisrpc_test_support::RedisServer;

use crate::{
    fixture::{redis, serve},
    old_peer::OldClient,
};

struct Echo;

#[redisrpc::service]
impl Echo {
    /// What is said under this name.
    pub async fn said(&self, context: &Context, name: &str) -> Option<String> {
        context.metadata().get(name).map(str::to_owned)
    }

    pub fn count(&self, context: &Context) -> usize {
        context.metadata().len()
    }
}

/// Texts that have to be escaped, or look like what is around them.
const AWKWARD: [&str; 5] = ["", "\"}}", "zwölf 🦀", "\\ \u{0} \n", r#"{"id":5}"#];

async fn metadata_reaches_the_method(broker: &Broker) {
    let server = serve(Server::new(broker, "echo", Echo));
    let client = Client::new(broker, "echo").metadata("who", "all");
    let echo = EchoClient::from(client.metadata("lang", "en"));
    assert_eq!(echo.said("who").await.unwrap().as_deref(), Some("all"));
    let one = echo.said("who").metadata("who", "one");
    assert_eq!(one.await.unwrap().as_deref(), Some("one"));
    assert_eq!(echo.count().metadata("more", "x").await.unwrap(), 3);
    for text in AWKWARD {
        let said = echo.said("text").metadata("text", text).await.unwrap();
        assert_eq!(said.as_deref(), Some(text));
        let said = echo.said(text).metadata(text, "named").await.unwrap();
        assert_eq!(said.as_deref(), Some("named"));
    }
    let plain = EchoClient::new(broker, "echo");
    assert_eq!(plain.count().await.unwrap(), 0);
    let untyped = plain.client().call("count").metadata("a", "b");
    assert_eq!(untyped.returning::<usize>().await.unwrap(), 1);
    server.stop().await;
}

#[tokio::test]
async fn metadata_reaches_the_method_through_redis() {
    let (_redis, broker) = redis().await;
    metadata_reaches_the_method(&broker).await;
}

#[tokio::test]
async fn metadata_reaches_the_method_without_redis() {
    let broker = Broker::connect("memory://metadata").await.unwrap();
    metadata_reaches_the_method(&broker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_there_the_request_is_served() {
    let redis = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let _server = serve(Server::new(&broker, "echo", Echo));
    let mut stranger = OldClient::new(&redis, "echo");
    for (metadata, count) in [
        ("null", 0),
        ("5", 0),
        ("[]", 0),
        (r#"{"a":5,"b":{},"c":"text"}"#, 1),
        (r#"{"a":"1","a":"2"}"#, 1),
        ("{}", 0),
    ] {
        let request = format!(
            r#"{{"function_call":{{"name":"count"}},"response_queue":"echo:rpc:{{s}}.7","context":{{"id":7,"inbox":"echo:rpc:{{s}}","metadata":{metadata}}}}}"#
        );
        let reply = stranger.call(request, "echo:rpc:{s}");
        let expected = format!(r#"{{"id":7,"return_value":{count}}}"#);
        assert_eq!(reply, expected, "{metadata}");
    }
    let old = r#"{"function_call":{"name":"count"},"response_queue":"echo:rpc:A"}"#;
    assert_eq!(stranger.call(old, "echo:rpc:A"), r#"{"return_value":0}"#);
}
