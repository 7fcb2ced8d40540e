//! Which of the requests that were taken together are still in progress: plain
//! data, no I/O.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::transport::{List, keeper::Done};

/// Lists in which nothing is in progress.
#[derive(Debug, Default)]
pub(super) struct FreeLists(Mutex<Vec<List>>);

impl FreeLists {
    pub(super) fn take(&self) -> Option<List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(super) fn give(&self, list: List) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(list);
    }
}

/// A list in which requests are kept that were taken together.
#[derive(Debug)]
pub(super) struct Progress {
    list: List,
    /// How many are not known to be done with.
    left: AtomicUsize,
    /// Whether a write is under way that deletes the list.
    ending: AtomicBool,
    /// Whether any of them was noted by its place.
    noted: AtomicBool,
    free: Arc<FreeLists>,
}

impl Progress {
    pub(super) fn new(list: List, requests: usize, free: Arc<FreeLists>) -> Self {
        Self {
            list,
            left: AtomicUsize::new(requests),
            ending: AtomicBool::new(false),
            noted: AtomicBool::new(false),
            free,
        }
    }

    fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

/// Of one request that is kept while it is in progress: to be given back when it
/// is done with.
#[derive(Debug)]
pub(super) struct Receipt {
    progress: Arc<Progress>,
    place: usize,
    /// Whether it would run again if its server died now.
    pub(super) runs_again: bool,
}

impl Receipt {
    pub(super) fn new(progress: &Arc<Progress>, place: usize) -> Self {
        Self {
            progress: Arc::clone(progress),
            place,
            runs_again: false,
        }
    }

    /// As one to be noted by the place it has, whatever else is done.
    pub(super) fn place(&self) -> (List, usize) {
        self.progress.noted.store(true, Ordering::Relaxed);
        (Arc::clone(&self.progress.list), self.place)
    }

    fn key(&self) -> usize {
        Arc::as_ptr(&self.progress).addr()
    }
}

/// What a write must note with these receipts. It is then to be said what came of
/// it, by [`settle`] or by [`not_noted`].
pub(super) fn to_note(mut receipts: Vec<&Receipt>) -> Done {
    let mut done = Done::default();
    receipts.sort_unstable_by_key(|receipt| receipt.key());
    for together in receipts.chunk_by(|one, next| one.key() == next.key()) {
        let progress = &together[0].progress;
        if progress.left() == together.len() {
            progress.ending.store(true, Ordering::Relaxed);
            let noted = progress.noted.load(Ordering::Relaxed);
            done.over.push((Arc::clone(&progress.list), noted));
            continue;
        }
        let again = together.iter().filter(|receipt| receipt.runs_again);
        let places: Vec<_> = again.map(|receipt| receipt.place).collect();
        if !places.is_empty() {
            progress.noted.store(true, Ordering::Relaxed);
            done.some.push((Arc::clone(&progress.list), places));
        }
    }
    done
}

/// The write that was to note these has failed.
pub(super) fn not_noted(receipts: &[&Receipt]) {
    for receipt in receipts {
        receipt.progress.ending.store(false, Ordering::Relaxed);
    }
}

/// The requests of these receipts are done with, and it is noted. Those that are
/// still to be given back: where others ended meanwhile, so that their lists can
/// now be deleted.
///
/// For one thread at a time.
pub(super) fn settle(mut receipts: Vec<Receipt>) -> Vec<Receipt> {
    let mut unsettled = Vec::new();
    receipts.sort_unstable_by_key(Receipt::key);
    for receipt in receipts {
        let progress = &receipt.progress;
        let ending = progress.ending.load(Ordering::Relaxed);
        if progress.left() == 1 && !ending {
            unsettled.push(receipt);
            continue;
        }
        if progress.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            progress.free.give(Arc::clone(&progress.list));
        }
    }
    unsettled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(requests: usize) -> (Arc<FreeLists>, Vec<Receipt>) {
        let free = Arc::<FreeLists>::default();
        let progress = Progress::new("list".into(), requests, Arc::clone(&free));
        let progress = Arc::new(progress);
        let receipts = (0..requests).map(|place| Receipt::new(&progress, place));
        (free, receipts.collect())
    }

    fn over(noted: bool) -> Done {
        Done {
            over: vec![("list".into(), noted)],
            some: vec![],
        }
    }

    #[test]
    fn a_list_is_over_when_all_its_requests_leave_in_one_write() {
        let (free, receipts) = taken(3);
        assert_eq!(to_note(receipts.iter().collect()), over(false));
        assert_eq!(free.take(), None, "not before the write is answered");
        assert!(settle(receipts).is_empty());
        assert_eq!(free.take().as_deref(), Some("list"));
    }

    #[test]
    fn a_list_is_not_over_before_its_last_request_is() {
        let (free, mut receipts) = taken(3);
        receipts[1].runs_again = true;
        let last = receipts.pop().unwrap();
        let some = vec![("list".into(), vec![1])];
        let over_later = Done { over: vec![], some };
        assert_eq!(to_note(receipts.iter().collect()), over_later);
        assert!(settle(receipts).is_empty());
        assert_eq!(to_note(vec![&last]), over(true));
        assert!(settle(vec![last]).is_empty());
        assert_eq!(free.take().as_deref(), Some("list"));
    }

    #[test]
    fn of_two_writes_under_way_neither_ends_the_list_and_the_next_does() {
        let (free, mut receipts) = taken(2);
        let (one, other) = (vec![receipts.pop().unwrap()], receipts);
        assert!(
            to_note(one.iter().collect()).is_empty() && to_note(other.iter().collect()).is_empty()
        );
        assert!(settle(one).is_empty());
        let unsettled = settle(other);
        assert_eq!(unsettled.len(), 1);
        assert_eq!(to_note(unsettled.iter().collect()), over(false));
        assert!(settle(unsettled).is_empty());
        assert_eq!(free.take().as_deref(), Some("list"));
    }

    #[test]
    fn a_write_that_failed_is_made_again() {
        let (free, receipts) = taken(2);
        assert_eq!(to_note(receipts.iter().collect()), over(false));
        not_noted(&receipts.iter().collect::<Vec<_>>());
        assert_eq!(to_note(receipts.iter().collect()), over(false));
        assert!(settle(receipts).is_empty());
        assert_eq!(free.take().as_deref(), Some("list"));
    }

    #[test]
    fn a_list_outlives_a_reply_that_was_refused_for_now() {
        let (free, mut receipts) = taken(2);
        assert_eq!(to_note(receipts.iter().collect()), over(false));
        let refused = vec![receipts.pop().unwrap()];
        assert!(settle(receipts).is_empty());
        assert_eq!(free.take(), None);
        not_noted(&refused.iter().collect::<Vec<_>>());
        assert_eq!(to_note(refused.iter().collect()), over(false));
        assert!(settle(refused).is_empty());
        assert_eq!(free.take().as_deref(), Some("list"));
    }
}
