//! One service's queue as a client sees it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use super::pending::CallId;
use crate::{transport::List, wire::names};

/// How long a call on a queue with native servers waits before its own queue is
/// watched too: an old server may have taken it.
const GRACE: Duration = Duration::from_millis(30);

/// A queue's name, the inbox for its replies, and what is known of its servers.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(super) name: List,
    pub(super) inbox: List,
    /// Whether the last answer on it was a native server's.
    native: AtomicBool,
}

impl Queue {
    pub(super) fn new(name: &str, client: &str) -> Self {
        Self {
            name: name.into(),
            inbox: names::inbox(name, client).into(),
            native: AtomicBool::new(false),
        }
    }

    /// The list on which an old server answers this call, and nothing else.
    pub(super) fn own_queue(&self, id: CallId) -> String {
        names::own_queue(&self.inbox, id.0)
    }

    /// When to begin watching the own queue of a call that is made `now`: as soon
    /// as it is written (`None`), unless native servers serve the queue.
    pub(super) fn watch_at(&self, now: Instant) -> Option<Instant> {
        self.native.load(Ordering::Relaxed).then(|| now + GRACE)
    }

    pub(super) fn saw_native_reply(&self) {
        self.native.store(true, Ordering::Relaxed);
    }

    pub(super) fn saw_old_reply(&self) {
        self.native.store(false, Ordering::Relaxed);
    }
}
