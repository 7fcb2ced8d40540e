//! Spans around calls and around the methods that they run.

use std::{
    collections::HashMap,
    fmt::Debug,
    future::IntoFuture as _,
    sync::{Arc, Mutex, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use futures_util::stream::{self, Stream};
use redisrpc::{CallError, Client, Server};
use redisrpc_test_support::until;
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::{DefaultGuard, set_default},
};

use crate::fixture::{redis, serve};

type Fields = HashMap<&'static str, String>;

/// Keeps the fields of all spans, and in which of them something was said.
#[derive(Debug, Clone, Default)]
struct Kept {
    spans: Arc<Mutex<HashMap<u64, Fields>>>,
    entered: Arc<Mutex<Vec<u64>>>,
    said_in: Arc<Mutex<Vec<u64>>>,
    next: Arc<AtomicU64>,
}

struct Write<'a>(&'a mut Fields);

impl Visit for Write<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        self.0.insert(field.name(), text);
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("redisrpc::")
            || metadata.target().contains("spans")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::from([("target", span.metadata().target().to_owned())]);
        span.record(&mut Write(&mut fields));
        self.spans.lock().unwrap().insert(id, fields);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.spans.lock().unwrap();
        values.record(&mut Write(spans.get_mut(&span.into_u64()).unwrap()));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {
        let entered = self.entered.lock().unwrap().last().copied();
        self.said_in.lock().unwrap().extend(entered);
    }

    fn enter(&self, span: &Id) {
        self.entered.lock().unwrap().push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let left = self.entered.lock().unwrap().pop();
        assert_eq!(left, Some(span.into_u64()));
    }
}

impl Kept {
    /// Hears what this thread says, until what is returned is dropped.
    fn listens(&self) -> (DefaultGuard, Dispatch) {
        // With one alone, tracing asks the thread that comes to a span first, which may
        // be another test's, and keeps its answer for all. With two it asks them both.
        let other = Dispatch::new(Kept::default());
        (set_default(self.clone()), other)
    }

    fn has(&self, target: &str, method: &str) -> bool {
        let spans = self.spans.lock().unwrap();
        let of = |it: &Fields| it["target"] == target && it["rpc.method"] == name(target, method);
        spans.values().any(of)
    }

    /// The fields of the one span of this target for this method.
    fn of(&self, target: &str, method: &str) -> Fields {
        let spans = self.spans.lock().unwrap();
        let mut found = spans
            .values()
            .filter(|it| it["target"] == target && it["rpc.method"] == name(target, method));
        let span = found
            .next()
            .unwrap_or_else(|| panic!("no span in {spans:?}"));
        assert!(found.next().is_none(), "{spans:?}");
        span.clone()
    }
}

/// What a method goes by: its server knows the service, a client only the queue.
fn name(target: &str, method: &str) -> String {
    match (target, method) {
        ("redisrpc::client", _) | (_, "_OTHER") => method.to_owned(),
        _ => format!("Speaker/{method}"),
    }
}

struct Speaker;

#[redisrpc::service]
impl Speaker {
    pub async fn speak(&self) {
        tokio::task::yield_now().await;
        tracing::info!("spoken");
    }

    pub async fn refuse(&self) -> Result<(), String> {
        Err("no".to_owned())
    }

    pub async fn sleep(&self) {
        std::future::pending().await
    }

    /// Words, the second of which is an error.
    pub fn words(&self) -> impl Stream<Item = Result<u64, String>> + use<> {
        stream::iter([Ok(1), Err("no".to_owned())])
    }
}

#[tokio::test]
async fn calls_and_methods_have_spans_with_their_outcome() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "speaker", Speaker));
    let speaker = SpeakerClient::from(Client::new(&broker, "speaker"));

    speaker.speak().await.unwrap();
    for (target, kind, name) in [
        ("redisrpc::client", "client", "speaker/speak"),
        ("redisrpc::server", "server", "Speaker/speak"),
    ] {
        let span = kept.of(target, "speak");
        for (field, value) in [
            ("otel.name", name),
            ("otel.kind", kind),
            ("rpc.system.name", "redisrpc"),
            ("messaging.destination.name", "speaker"),
        ] {
            assert_eq!(span[field], value);
        }
        for field in ["error.type", "rpc.method_original"] {
            assert!(!span.contains_key(field), "{span:?}");
        }
    }
    // What the method says is said in its span.
    let said_in = kept.said_in.lock().unwrap().clone();
    let [span] = *said_in else {
        panic!("{said_in:?}");
    };
    assert_eq!(kept.spans.lock().unwrap()[&span]["otel.kind"], "server");

    let refused = speaker.refuse().await;
    assert_eq!(refused, Err(CallError::Service("no".to_owned())));
    for target in ["redisrpc::client", "redisrpc::server"] {
        let span = kept.of(target, "refuse");
        assert_eq!(span["error.type"], "service_error");
        assert_eq!(span["otel.status_code"], "ERROR");
    }
    // A stream's spans last as long as it does.
    let mut words = speaker.words();
    assert_eq!(words.next().await, Some(Ok(1)));
    assert!(
        !kept
            .of("redisrpc::client", "words")
            .contains_key("error.type")
    );
    assert!(words.next().await.is_some_and(|word| word.is_err()));
    for target in ["redisrpc::client", "redisrpc::server"] {
        let ended = || kept.of(target, "words").contains_key("error.type");
        assert!(until(ended).await, "{target}");
        assert_eq!(kept.of(target, "words")["error.type"], "service_error");
    }
    let late = speaker.sleep().timeout(Duration::from_millis(200)).await;
    assert!(late.is_err_and(|it| it.is_timeout()));
    assert_eq!(
        kept.of("redisrpc::client", "sleep")["error.type"],
        "timeout"
    );
    let served = || {
        kept.of("redisrpc::server", "sleep")
            .contains_key("error.type")
    };
    assert!(until(served).await);
    let sleep = kept.of("redisrpc::server", "sleep");
    assert_eq!(sleep["error.type"], "cancelled");

    let call = speaker.client().call("made up");
    assert!(call.await.is_err());
    let unknown = kept.of("redisrpc::server", "_OTHER");
    assert_eq!(unknown["otel.name"], "_OTHER");
    assert_eq!(unknown["rpc.method_original"], "made up");
    assert_eq!(unknown["error.type"], "method_not_found");
    assert!(kept.entered.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_is_given_up_says_so_and_so_does_its_method() {
    let kept = Kept::default();
    let _guard = kept.listens();
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "speaker", Speaker));
    let speaker = SpeakerClient::from(Client::new(&broker, "speaker"));
    let call = tokio::spawn(speaker.sleep().into_future());
    assert!(until(|| kept.has("redisrpc::server", "sleep")).await);
    call.abort();
    for target in ["redisrpc::client", "redisrpc::server"] {
        let ended = || kept.of(target, "sleep").contains_key("error.type");
        assert!(until(ended).await, "{target}");
        assert_eq!(kept.of(target, "sleep")["error.type"], "cancelled");
    }
}
