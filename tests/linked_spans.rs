//! Spans of both sides in one trace, as an exporter of OpenTelemetry gets them.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    Context, KeyValue, SpanId,
    baggage::BaggageExt as _,
    context::FutureExt as _,
    propagation::TextMapCompositePropagator,
    trace::{SpanKind, TracerProvider as _},
};
use opentelemetry_sdk::{
    propagation::{BaggagePropagator, TraceContextPropagator},
    trace::{InMemorySpanExporter, SdkTracerProvider, SpanData},
};
use redisrpc::{Client, Retry, Server};
use redisrpc_test_support::{RedisServer, until};
use tracing::{Dispatch, Metadata, subscriber::DefaultGuard};
use tracing_subscriber::{Layer as _, filter::filter_fn, layer::SubscriberExt as _};

use crate::fixture::{redis, serve};

/// What was exported.
struct Exported(InMemorySpanExporter);

/// Exports the spans of this thread that pass, until the guard is dropped.
fn export(passes: fn(&Metadata<'_>) -> bool) -> (Exported, (DefaultGuard, Dispatch)) {
    static PROPAGATOR: Once = Once::new();
    PROPAGATOR.call_once(|| {
        opentelemetry::global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
            Box::new(TraceContextPropagator::new()),
            Box::new(BaggagePropagator::new()),
        ]));
    });
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter_fn(passes)));
    // With one subscriber alone, tracing asks the thread that comes to a span first,
    // which may be another test's, and keeps its answer for all.
    let other = Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    (Exported(exporter), (guard, other))
}

fn ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("redisrpc::")
}

fn served(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "redisrpc::server"
}

impl Exported {
    /// The spans of this kind and name, once there are so many.
    async fn all(&self, kind: SpanKind, name: &str, count: usize) -> Vec<SpanData> {
        let spans = || {
            let mut spans = self.0.get_finished_spans().unwrap();
            spans.retain(|span| span.span_kind == kind && span.name == name);
            spans
        };
        let there = until(|| spans().len() >= count).await;
        assert!(there, "{:#?}", self.0.get_finished_spans());
        assert_eq!(spans().len(), count);
        spans()
    }

    async fn client(&self, name: &str) -> SpanData {
        self.all(SpanKind::Client, name, 1).await.remove(0)
    }

    async fn server(&self, name: &str) -> SpanData {
        self.all(SpanKind::Server, name, 1).await.remove(0)
    }
}

fn assert_child(child: &SpanData, parent: &SpanData) {
    let (child_context, parent_context) = (&child.span_context, &parent.span_context);
    assert_eq!(child_context.trace_id(), parent_context.trace_id());
    assert_eq!(child.parent_span_id, parent_context.span_id(), "{child:#?}");
}

fn assert_root(span: &SpanData) {
    assert_eq!(span.parent_span_id, SpanId::INVALID, "{span:#?}");
}

/// Says who is in its baggage; at the second attempt.
#[derive(Clone, Default)]
struct Teller {
    attempts: Arc<AtomicUsize>,
}

#[redisrpc::service]
impl Teller {
    pub async fn who(&self) -> Option<String> {
        let context = Context::current();
        context.baggage().get("user").map(ToString::to_string)
    }

    #[rpc(idempotent)]
    pub async fn second(&self) -> usize {
        match self.attempts.fetch_add(1, Ordering::SeqCst) {
            0 => std::future::pending().await,
            attempts => attempts,
        }
    }
}

/// Passes calls on.
struct Relay(TellerClient);

#[redisrpc::service]
impl Relay {
    pub async fn who(&self) -> Result<Option<String>, redisrpc::Error> {
        Ok(self.0.who().await?)
    }
}

/// Puts a request into the queue as a stranger would.
fn push(redis: &RedisServer, more: &str) {
    let request =
        format!(r#"{{"function_call":{{"name":"who"}},"response_queue":"teller:rpc:x"{more}}}"#);
    assert_eq!(redis.ask::<usize>(&format!("RPUSH teller {request}")), 1);
}

#[tokio::test]
async fn a_servers_span_is_the_child_of_its_clients_and_so_on_through_methods() {
    let (exported, _guard) = export(ours);
    let (_redis, broker) = redis().await;
    let _teller = serve(Server::new(&broker, "teller", Teller::default()));
    let teller = TellerClient::new(&broker, "teller");
    let _relay = serve(Server::new(&broker, "relay", Relay(teller)));
    let relay = RelayClient::new(&broker, "relay");

    let baggage = Context::new().with_baggage([KeyValue::new("user", "ada")]);
    let call = relay.who().into_future().with_context(baggage);
    assert_eq!(call.await.unwrap().as_deref(), Some("ada"));

    let first = exported.client("relay/who").await;
    assert_root(&first);
    let relayed = exported.server("Relay/who").await;
    assert_child(&relayed, &first);
    assert!(relayed.parent_span_is_remote);
    let second = exported.client("teller/who").await;
    assert_child(&second, &relayed);
    assert!(!second.parent_span_is_remote);
    let told = exported.server("Teller/who").await;
    assert_child(&told, &second);
}

#[tokio::test]
async fn calls_have_nothing_to_do_with_each_other_unless_they_say_so() {
    let (exported, _guard) = export(ours);
    let (_redis, broker) = redis().await;
    let _teller = serve(Server::new(&broker, "teller", Teller::default()));
    let teller = TellerClient::new(&broker, "teller");
    let baggage = Context::new().with_baggage([KeyValue::new("user", "ada")]);
    let call = teller.who().into_future().with_context(baggage);
    assert_eq!(call.await.unwrap().as_deref(), Some("ada"));
    assert_eq!(teller.who().await.unwrap(), None);
    let calls = exported.all(SpanKind::Client, "teller/who", 2).await;
    let runs = exported.all(SpanKind::Server, "Teller/who", 2).await;
    for (call, run) in calls.iter().zip(&runs) {
        assert_root(call);
        assert_child(run, call);
    }
    let [one, other] = [&calls[0], &calls[1]].map(|it| it.span_context.trace_id());
    assert_ne!(one, other);
}

#[tokio::test]
async fn what_runs_for_a_call_made_again_has_one_parent() {
    let (exported, _guard) = export(ours);
    let (_redis, broker) = redis().await;
    let _teller = serve(Server::new(&broker, "teller", Teller::default()));
    let retry = Retry::new(2).attempt_timeout(Duration::from_millis(300));
    let teller = TellerClient::from(Client::new(&broker, "teller").retry(retry));
    assert_eq!(teller.second().await, Ok(1));
    let call = exported.client("teller/second").await;
    for run in exported.all(SpanKind::Server, "Teller/second", 2).await {
        assert_child(&run, &call);
    }
}

#[tokio::test]
async fn what_strangers_and_old_callers_send_is_no_parent() {
    let (exported, _guard) = export(ours);
    let (redis, broker) = redis().await;
    let _teller = serve(Server::new(&broker, "teller", Teller::default()));
    let context = |metadata: &str| {
        format!(r#","context":{{"id":1,"inbox":"teller:rpc:x","metadata":{metadata}}}"#)
    };
    let requests = [
        String::new(),
        context("{}"),
        context(r#"{"traceparent":"rubbish"}"#),
        context(r#"{"traceparent":"00-00000000000000000000000000000000-0000000000000000-01"}"#),
        context(r#"{"traceparent":["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]}"#),
        context(r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#),
        context(r#"{"tracestate":"x=y","baggage":"%%%,=,;"}"#),
    ];
    for (served, request) in (1..).zip(&requests) {
        push(&redis, request);
        for run in exported.all(SpanKind::Server, "Teller/who", served).await {
            assert_root(&run);
        }
    }
    assert_eq!(redis.ask::<usize>("LLEN teller:rpc:x"), requests.len());
}

#[tokio::test]
async fn a_context_that_a_caller_gives_itself_is_followed_where_its_call_has_no_span() {
    let (exported, _guard) = export(served);
    let (_redis, broker) = redis().await;
    let _teller = serve(Server::new(&broker, "teller", Teller::default()));
    let own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let teller = Client::new(&broker, "teller").metadata("traceparent", own);
    let call = TellerClient::from(teller).who();
    assert_eq!(call.await.unwrap(), None);
    let run = exported.server("Teller/who").await;
    let trace = run.span_context.trace_id().to_string();
    assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(run.parent_span_id.to_string(), "00f067aa0ba902b7");
}
