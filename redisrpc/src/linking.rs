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

use crate::{
    metadata::Metadata,
    wire::{Raw, request::Request},
};

/// Puts the context of a call's span into its metadata. A span that nobody subscribes
/// to has none, and leaves what is there alone.
pub(crate) fn send(span: &Span, metadata: &mut Metadata) {
    if !span.is_disabled() {
        let context = span.context();
        get_text_map_propagator(|it| it.inject_context(&context, &mut Outward(metadata)));
    }
}

/// Makes the span of a run a child of the call's, if that sent its context. What cannot
/// be read, as strangers may write, is no context.
pub(crate) fn follow(span: &Span, request: &Request<'_>) {
    let metadata = request.context.as_ref().and_then(|it| it.metadata.as_ref());
    let Some(Raw(metadata)) = metadata.filter(|_| !span.is_disabled()) else {
        return;
    };
    let metadata = Metadata::read(metadata);
    let context = get_text_map_propagator(|it| it.extract(&Inward(&metadata)));
    if context.has_active_span() || !context.baggage().is_empty() {
        // It fails where spans go elsewhere than to OpenTelemetry.
        let _linked = span.set_parent(context);
    }
}

struct Outward<'a>(&'a mut Metadata);

impl Injector for Outward<'_> {
    fn set(&mut self, name: &str, value: String) {
        self.0.insert(name, value);
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
