//! The text of requests and replies in the log: only for whoever asks for it twice.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use redisrpc::{Client, Server};
use redisrpc_test_support::{RedisServer, until};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::{DefaultGuard, set_default},
};

use crate::fixture::{Concurrent, ConcurrentClient, redis, serve};

type Fields = BTreeMap<&'static str, String>;

/// Keeps what is said under `redisrpc`.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Fields>>>);

struct Write<'a>(&'a mut Fields);

impl Visit for Write<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("redisrpc")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields::from([("target", metadata.target().to_owned())]);
        event.record(&mut Write(&mut fields));
        if metadata.target() == "redisrpc::messages" {
            assert_eq!(*metadata.level(), Level::DEBUG);
        }
        self.0.lock().unwrap().push(fields);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

impl Kept {
    /// Hears what this thread says, until what is returned is dropped.
    fn listens(&self) -> (DefaultGuard, Dispatch) {
        // With one alone, tracing asks the thread that comes first, which may be another
        // test's, and keeps its answer for all. With two it asks them both.
        (set_default(self.clone()), Dispatch::new(Self::default()))
    }

    /// What was logged of messages: what happened, the call's number, and the text.
    fn messages(&self) -> Vec<(String, Option<u64>, String)> {
        let kept = self.0.lock().unwrap();
        let messages = kept
            .iter()
            .filter(|it| it["target"] == "redisrpc::messages");
        let messages = messages.map(|fields| {
            assert_eq!(fields["queue"], "calc");
            let id = fields.get("id").map(|id| id.parse().unwrap());
            (fields["message"].clone(), id, fields["text"].clone())
        });
        messages.collect()
    }

    /// Whether the text is in anything that was said, of messages or of else.
    fn tells(&self, secret: &str) -> bool {
        let kept = self.0.lock().unwrap();
        let mut values = kept.iter().flat_map(Fields::values);
        values.any(|value| value.contains(secret))
    }
}

#[tokio::test]
async fn both_sides_log_requests_and_replies_as_they_are() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent).log_messages(true));
    let client = Client::new(&broker, "calc").log_messages(true);
    let client = ConcurrentClient::from(client);
    assert_eq!(
        client.echo("it's \"so\"".into()).await.unwrap(),
        "it's \"so\""
    );

    let messages = kept.messages();
    let [sent, received, answered, read] = &messages[..] else {
        panic!("{messages:?}");
    };
    let what = messages.iter().map(|(what, ..)| what.as_str());
    let expected = [
        "request sent",
        "request received",
        "reply sent",
        "reply received",
    ];
    assert!(what.eq(expected), "{messages:?}");
    let id = sent.1.unwrap();
    assert!(
        messages.iter().all(|(_, it, _)| *it == Some(id)),
        "{messages:?}"
    );
    let call =
        r#"{"function_call":{"name":"echo","args":["it's \"so\""]},"response_queue":"calc:rpc:"#;
    assert!(sent.2.starts_with(call), "{}", sent.2);
    assert_eq!(received.2, sent.2);
    assert_eq!(
        answered.2,
        format!(r#"{{"id":{id},"return_value":"it's \"so\""}}"#)
    );
    assert_eq!(read.2, answered.2);
}

#[tokio::test]
async fn what_nobody_asked_for_is_not_logged() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    assert_eq!(client.echo("secret".into()).await.unwrap(), "secret");
    assert!(client.client().call("echo").arg(["secret"]).await.is_err());
    assert!(kept.tells("serving"), "it does hear the server");
    assert!(!kept.tells("secret"), "{:?}", kept.0);
}

#[tokio::test]
async fn what_strangers_write_is_cut_and_stays_on_its_line() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent).log_messages(true));
    push(&redis, b"\nforged\x1b[31m\xff");
    push(&redis, &[b'x'; 5000]);
    assert!(until(|| kept.messages().len() == 2).await);
    let messages = kept.messages();
    let received = |text: String| ("request received".to_owned(), None, text);
    assert_eq!(messages[0], received(r"\nforged\u{1b}[31m\xff".to_owned()));
    let cut = format!("{}… (904 bytes left out)", "x".repeat(4096));
    assert_eq!(messages[1], received(cut));
}

#[tokio::test]
async fn exceptions_are_logged_and_no_reply_where_nobody_waits_for_one() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent).log_messages(true));
    let client = ConcurrentClient::new(&broker, "calc");
    client.add(1, 2).oneway().await.unwrap();
    assert!(client.client().call("nothing").await.is_err());
    let messages = kept.messages();
    let [oneway, request, reply] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert!(oneway.2.contains(r#""oneway":true"#), "{}", oneway.2);
    assert!(request.2.contains(r#""nothing""#), "{}", request.2);
    assert_eq!(reply.0, "reply sent");
    assert!(reply.2.contains("method_not_found"), "{}", reply.2);
}

fn push(redis: &RedisServer, message: &[u8]) {
    let mut push = redis::cmd("RPUSH");
    let push = push.arg("calc").arg(message);
    let _: usize = push.query(&mut redis.connection()).unwrap();
}
