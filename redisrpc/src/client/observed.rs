//! What those who look on are told of a call.

use tracing::Span;

use super::outgoing::Outgoing;
#[cfg(feature = "opentelemetry")]
use crate::linking;
use crate::{metering::Timed, span};

/// The span around a call, and the time it takes.
pub(super) struct Observed {
    span: Span,
    timed: Timed,
}

impl Observed {
    /// Of a call that was not made yet.
    pub(super) fn not_yet() -> Self {
        Self {
            span: Span::none(),
            timed: Timed::none(),
        }
    }

    /// The call is made, and will tell its server of its span.
    pub(super) fn begin(request: &mut Outgoing) -> Self {
        let span = span::of_call(&request.queue.name, &request.method);
        #[cfg(feature = "opentelemetry")]
        linking::send(&span, &mut request.metadata);
        Self {
            span,
            timed: request.queue.meters.begin(|| &*request.method),
        }
    }

    /// Works for the call.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// The call is over, its reply read: it went well or did not.
    pub(super) fn ended(&mut self, error: Option<&'static str>) {
        if let Some(kind) = error {
            span::failed(&self.span, kind);
        }
        self.timed.ended(error);
    }

    /// Nobody waits for the call any more.
    pub(super) fn given_up(&self) {
        span::given_up(&self.span);
    }
}
