//! One trace for both sides: the context of a call's span travels in its metadata, in
//! whatever form the program's propagator of OpenTelemetry writes it.

use opentelemetry::{
    baggage::BaggageExt as _,
    global::get_text_map_propagator,
    propagation::{Extractor, Injector},
    trace::TraceContextExt as _,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{metadata::Metadata, wire::request::Request};

/// Adds the context of a call's span to its metadata. A span that nobody subscribes
/// to has none, and leaves what is there alone.
pub(crate) fn send(span: &Span, add: impl FnMut(String, String)) {
    if !span.is_disabled() {
        let context = span.context();
        let mut outward = Outward(add);
        get_text_map_propagator(|it| it.inject_context(&context, &mut outward));
    }
}

/// Makes the span of a run a child of the call's, if that sent its context. What cannot
/// be read, as strangers may write, is no context.
pub(crate) fn follow(span: &Span, request: &Request<'_>) {
    if span.is_disabled() {
        return;
    }
    let Some(metadata) = request.context.as_ref().and_then(|it| it.metadata()) else {
        return;
    };
    let context = get_text_map_propagator(|it| it.extract(&Inward(&metadata)));
    if context.has_active_span() || !context.baggage().is_empty() {
        // It fails where spans go elsewhere than to OpenTelemetry.
        let _linked = span.set_parent(context);
    }
}

struct Outward<F>(F);

impl<F: FnMut(String, String)> Injector for Outward<F> {
    fn set(&mut self, name: &str, value: String) {
        self.0(name.to_owned(), value);
    }
}

struct Inward<'a>(&'a Metadata);

impl Extractor for Inward<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name).collect()
    }
}
