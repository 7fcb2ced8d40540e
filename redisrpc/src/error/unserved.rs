//! Nobody to answer.

/// No server serves the queue: the call was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{method}` was not called: no server serves queue `{queue}`; start one, or let calls wait \
     for it by leaving out `fail_unserved`"
)]
pub struct Unserved {
    pub(crate) method: String,
    pub(crate) queue: String,
}
