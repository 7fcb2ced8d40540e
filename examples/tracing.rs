//! A shop and its warehouse, traced with OpenTelemetry: a call's span and that of the
//! method it runs are in one trace.
//!
//! Run it with `cargo run --example tracing`; it needs no Redis. It prints the spans as
//! the exporter of each side gets them, the warehouse's first, and the number of the trace.

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use redisrpc::{Broker, Server};
use tracing::{Instrument as _, Span, info_span, subscriber::DefaultGuard};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

struct Warehouse;

#[redisrpc::service]
impl Warehouse {
    /// Which trace this is part of, for the example to compare.
    pub async fn trace(&self) -> String {
        trace()
    }
}

/// The trace that this is part of.
fn trace() -> String {
    let context = Span::current().context();
    context.span().span_context().trace_id().to_string()
}

/// Exports the spans of this thread, which plays a process of this name.
fn export_spans(service: &'static str) -> (SdkTracerProvider, DefaultGuard) {
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("redisrpc"));
    let subscriber = tracing_subscriber::registry().with(layer);
    // A program of its own would call `init` instead.
    (provider, tracing::subscriber::set_default(subscriber))
}

/// Calls the warehouse, in a span of the shop's own.
#[tokio::main(flavor = "current_thread")]
async fn shop(url: &str) -> Result<(), redisrpc::Error> {
    let _exporting = export_spans("shop");
    let broker = Broker::connect(url).await?;
    let warehouse = WarehouseClient::new(&broker, "warehouse");
    let order = async { Ok::<_, redisrpc::Error>((trace(), warehouse.trace().await?)) };
    let (ours, theirs) = order.instrument(info_span!("order")).await?;
    assert_eq!(ours, theirs, "one trace");
    println!("one trace: {ours}");
    Ok(())
}

/// Serves until the process ends.
#[tokio::main(flavor = "current_thread")]
async fn warehouse(url: &str) -> Result<(), redisrpc::Error> {
    let _exporting = export_spans("warehouse");
    let broker = Broker::connect(url).await?;
    Server::new(&broker, "warehouse", Warehouse).run().await
}

fn main() -> Result<(), redisrpc::Error> {
    // In what form contexts travel; both sides say the same.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://tracing".to_owned());
    let served = url.clone();
    std::thread::spawn(move || warehouse(&served));
    shop(&url)
}
