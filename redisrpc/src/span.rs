//! Spans of calls, for whoever subscribes to them. Where nobody does, each costs a look
//! at a flag.
//!
//! Names are those of OpenTelemetry's semantic conventions for remote procedure calls
//! (opentelemetry.io/docs/specs/semconv/rpc), and of `tracing-opentelemetry` for what
//! is no attribute there.

use tracing::{Span, field::Empty};

/// Around a call, from when it is made to its outcome.
pub(crate) fn of_call(queue: &str, method: &str) -> Span {
    tracing::info_span!(
        target: "redisrpc::client",
        "call",
        otel.name = %format_args!("{queue}/{method}"),
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "redisrpc",
        rpc.method = method,
        messaging.destination.name = queue,
        error.type = Empty,
    )
}

/// Around the run of a request's method.
pub(crate) fn of_run(queue: &str, method: &str) -> Span {
    tracing::info_span!(
        target: "redisrpc::server",
        "run",
        otel.name = %format_args!("{queue}/{method}"),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "redisrpc",
        rpc.method = method,
        messaging.destination.name = queue,
        error.type = Empty,
    )
}

/// What the span is around did not go well: `timeout`, `service_error`, and so on.
pub(crate) fn failed(span: &Span, kind: &'static str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}
