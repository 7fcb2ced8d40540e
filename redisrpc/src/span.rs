//! Spans of calls, for whoever subscribes to them. Where nobody does, nothing is made.
//!
//! Names are those of OpenTelemetry's semantic conventions for remote procedure calls
//! (opentelemetry.io/docs/specs/semconv/rpc), and of `tracing-opentelemetry` for what
//! is no attribute there.

use std::fmt;

use tracing::{Span, field::Empty};

/// A span of this target, name and kind. The method is only asked for if somebody
/// subscribes.
macro_rules! span {
    ($target:literal, $name:literal, $kind:literal, $queue:expr, $method:expr, $named:expr) => {
        tracing::info_span!(
            target: $target,
            $name,
            otel.name = %$named,
            otel.kind = $kind,
            otel.status_code = Empty,
            rpc.system.name = "redisrpc",
            rpc.method = %$method,
            rpc.method_original = Empty,
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
    let named = format_args!("{queue}/{method}");
    span!("redisrpc::client", "call", "client", queue, method, named)
}

/// Around the run of a request's method, or around the answer that there is none.
pub(crate) fn of_run(queue: &str, method: &Served<'_, impl Fn() -> Option<&'static str>>) -> Span {
    let span = span!("redisrpc::server", "run", "server", queue, method, method);
    if !span.is_disabled() && (method.known)().is_none() {
        span.record("rpc.method_original", method.asked);
    }
    span
}

/// The method of a request, as the service that is served names it: `Calculator/add`.
pub(crate) struct Served<'a, F> {
    pub(crate) service: &'static str,
    /// Its name, if the service has it.
    pub(crate) known: F,
    /// What the request says.
    pub(crate) asked: &'a str,
}

impl<F: Fn() -> Option<&'static str>> fmt::Display for Served<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.known)() {
            Some(method) => write!(f, "{}/{method}", self.service),
            None => f.write_str(OTHER),
        }
    }
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
