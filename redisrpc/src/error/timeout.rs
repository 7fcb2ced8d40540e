//! No reply in time.

use std::{fmt, time::Duration};

/// A call's time was up before a reply came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reply to `{method}` on queue `{queue}` within {after:?}; {started}")]
pub struct Timeout {
    pub(crate) method: String,
    pub(crate) queue: String,
    pub(crate) after: Duration,
    pub(crate) started: Started,
}

impl Timeout {
    /// Whether the request can have been taken by a server.
    #[must_use]
    pub fn started(&self) -> Started {
        self.started
    }

    /// How long the caller was willing to wait.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }

    /// Whether the method may have run, or may still be running.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        self.started == Started::Unknown
    }
}

/// Whether a request that timed out can have been taken by a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Started {
    /// No: it was never written, or it was withdrawn from the queue unread. That is
    /// what Redis knows: one that lost its last second when it was restarted, or
    /// gave way to a replica that was behind, may have it back in the queue after a
    /// server took it.
    No,
    /// It was no longer in the queue, or the queue could not be asked.
    Unknown,
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no server took the request and it was withdrawn",
            Self::Unknown => "a server may have run it",
        })
    }
}
