//! How many items of a stream its caller takes, and what each side owes the other.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// How often each side of a stream says that it is still there, if nothing else.
pub(crate) const SIGN: Duration = Duration::from_secs(2);

/// After how long without a word one side takes the other for gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);

/// Most items by which a caller's word can raise its credit: a stranger's must not make
/// a server fill Redis.
const MOST: u64 = 64 * 1024;

/// What the caller of a stream has said of it. Written by the task that hears it, read
/// by the one that runs the method.
#[derive(Debug)]
pub(crate) struct Credit {
    said: Mutex<Said>,
    more: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    /// How many items in all.
    items: u64,
    /// When the caller was last heard of.
    at: Instant,
}

impl Credit {
    /// Of a caller that takes so many to begin with.
    pub(crate) fn new(items: u64) -> Self {
        let (at, items) = (Instant::now(), items.min(MOST));
        Self {
            said: Mutex::new(Said { items, at }),
            more: Notify::new(),
        }
    }

    /// The caller takes so many in all, or still does.
    pub(crate) fn told(&self, items: u64) {
        let mut said = self.said();
        said.at = Instant::now();
        if items > said.items {
            said.items = items.min(said.items.saturating_add(MOST));
            self.more.notify_one();
        }
    }

    /// How many items it takes in all.
    pub(crate) fn items(&self) -> u64 {
        self.said().items
    }

    /// When the caller was last heard of.
    pub(crate) fn heard(&self) -> Instant {
        self.said().at
    }

    /// Waits until it takes more; may return before.
    pub(crate) async fn more(&self) {
        self.more.notified().await;
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn nobody_can_take_more_than_so_many_items_at_once() {
        let credit = Credit::new(u64::MAX);
        assert_eq!(credit.items(), MOST);
        credit.told(u64::MAX);
        assert_eq!(credit.items(), 2 * MOST);
    }

    #[test]
    fn credit_only_grows_and_whoever_waits_is_told() {
        let credit = Credit::new(5);
        credit.told(3);
        assert_eq!(credit.items(), 5);
        let mut waits = Box::pin(credit.more());
        assert!(waits.as_mut().now_or_never().is_none());
        credit.told(8);
        assert!(waits.now_or_never().is_some());
        assert_eq!(credit.items(), 8);
        credit.told(9);
        assert!(
            credit.more().now_or_never().is_some(),
            "told before it waited"
        );
    }
}
