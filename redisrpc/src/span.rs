//! Spans of calls, for whoever subscribes to them. Where nobody does, nothing is made.
//!
//! Names are those of OpenTelemetry's semantic conventions for remote procedure calls
//! (opentelemetry.io/docs/specs/semconv/rpc), and of `tracing-opentelemetry` for what
//! is no attribute there.

use tracing::{Span, field::Empty};

/// A span of this target, name and kind. The method is only asked for if somebody
/// subscribes.
macro_rules! span {
    ($target:literal, $name:literal, $kind:literal, $queue:expr, $method:expr) => {
        tracing::info_span!(
            target: $target,
            $name,
            otel.name = %format_args!("{}/{}", $queue, $method),
            otel.kind = $kind,
            otel.status_code = Empty,
            rpc.system.name = "redisrpc",
            rpc.method = $method,
            messaging.destination.name = $queue,
            error.type = Empty,
        )
    };
}

/// What a server calls a method that it does not have. Names of spans are few, however
/// many a stranger makes up.
pub(crate) const OTHER: &str = "_OTHER";

/// What went wrong where the caller gave up.
pub(crate) const CANCELLED: &str = "cancelled";

/// Around a call, from when it is made to its outcome.
pub(crate) fn of_call(queue: &str, method: &str) -> Span {
    span!("redisrpc::client", "call", "client", queue, method)
}

/// Around the run of a request's method; [`OTHER`] if the service has none of that name.
pub(crate) fn of_run(queue: &str, method: impl Fn() -> &'static str) -> Span {
    span!("redisrpc::server", "run", "server", queue, method())
}

/// What the span is around did not go well: `timeout`, `service_error`, and so on.
pub(crate) fn failed(span: &Span, kind: &'static str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}

/// The caller gave up, and nothing came of it.
pub(crate) fn given_up(span: &Span) {
    failed(span, CANCELLED);
}
