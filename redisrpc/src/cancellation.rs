//! A call that its caller gives up while a server runs it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Whether the caller has given up. Set once, by the task that hears of it; looked at
/// by the one that runs the method and by the method itself.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    is_cancelled: AtomicBool,
    told: Notify,
}

impl Cancellation {
    /// The caller has given up.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
        self.told.notify_waiters();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Waits until the caller gives up.
    pub(crate) async fn cancelled(&self) {
        let told = self.told.notified();
        // What is told from now on is heard, and what was told before is seen.
        if !self.is_cancelled() {
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn whoever_waits_and_whoever_comes_later_is_told() {
        let cancellation = Cancellation::default();
        let mut waits = Box::pin(cancellation.cancelled());
        assert!(waits.as_mut().now_or_never().is_none() && !cancellation.is_cancelled());
        cancellation.cancel();
        assert!(waits.now_or_never().is_some() && cancellation.is_cancelled());
        assert!(cancellation.cancelled().now_or_never().is_some());
    }
}
