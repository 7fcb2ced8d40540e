//! One trace for both sides: the context of a call's span travels in its metadata, in
//! whatever form the program's propagator of OpenTelemetry writes it.

use std::sync::Arc;

use opentelemetry::{
    baggage::BaggageExt as _,
    global::get_text_map_propagator,
    propagation::{Extractor, Injector},
    trace::TraceContextExt as _,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{metadata::Metadata, wire::request::Request};

/// Puts the context of a call's span into its metadata. A span that nobody subscribes
/// to has none, and leaves what is there alone.
pub(crate) fn send(span: &Span, metadata: &mut Option<Arc<Metadata>>) {
    if !span.is_disabled() {
        let context = span.context();
        let metadata = Arc::make_mut(metadata.get_or_insert_default());
        get_text_map_propagator(|it| it.inject_context(&context, &mut Outward(metadata)));
    }
}

/// Makes the span of a run a child of the call's, if that sent its context. What cannot
/// be read, as strangers may write, is no context.
pub(crate) fn follow(span: &Span, request: &Request<'_>) {
    let context = request.context.as_ref().filter(|_| !span.is_disabled());
    let Some(metadata) = context.and_then(|context| context.metadata()) else {
        return;
    };
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
