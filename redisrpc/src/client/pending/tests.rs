use std::{
    sync::atomic::{AtomicUsize, Ordering},
    task::Wake,
    time::Duration,
};

use super::*;
use crate::error::Started;

mod model;

fn queue() -> Arc<Queue> {
    Arc::new(Queue::new("calc", "c0ffee"))
}

const SECOND: Duration = Duration::from_secs(1);

/// A table, and the moment its tests begin.
struct Table {
    pending: Pending,
    start: Instant,
}

impl Table {
    fn new() -> Self {
        Self {
            pending: Pending::default(),
            start: Instant::now(),
        }
    }

    /// This many seconds after the beginning.
    fn at(&self, seconds: u32) -> Instant {
        self.start + SECOND * seconds
    }

    /// A call with its deadline after so many seconds, its own queue watched from
    /// when it is written.
    fn call(&mut self, deadline: u32) -> CallId {
        self.insert(deadline, None, false).id
    }

    fn insert(&mut self, deadline: u32, watch_at: Option<u32>, oneway: bool) -> Inserted {
        let (deadline, watch_at) = (self.at(deadline), watch_at.map(|seconds| self.at(seconds)));
        let entry = |_| Entry::new(queue(), b"request".into(), deadline, watch_at).oneway(oneway);
        self.pending.insert(entry).unwrap()
    }

    /// Hands the call to the transport; whether there was anything to hand.
    fn claim(&mut self, id: CallId) -> bool {
        self.pending.claim(id).is_some()
    }

    /// The transport has written the call.
    fn write(&mut self, id: CallId) -> Sent {
        assert!(self.claim(id));
        self.pending.sent(&[id])
    }

    fn is_idle(&self) -> bool {
        self.pending.waiting() == 0
    }

    fn poll(&mut self, id: CallId) -> Poll<Outcome> {
        self.pending.poll(id, &Context::from_waker(Waker::noop()))
    }
}

fn reply() -> Outcome {
    Ok(Bytes::from_static(b"reply"))
}

fn is_closed(polled: &Poll<Outcome>) -> bool {
    matches!(polled, Poll::Ready(Err(Failure::Failed(error))) if **error == Error::Closed)
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

// ===== the life of a call =====

#[test]
fn a_call_is_written_answered_and_gone() {
    let mut table = Table::new();
    let id = table.call(10);
    assert!(!table.is_idle());
    assert!(table.poll(id).is_pending());

    let entry = table.pending.claim(id).unwrap();
    assert_eq!(
        (&*entry.queue.name, &*entry.request.bytes()),
        ("calc", &b"request"[..])
    );
    assert!(!table.claim(id), "it is written once");
    assert!(table.pending.waiting_on(id).is_some());

    assert!(table.pending.complete(id, reply()).is_some());
    assert!(table.is_idle());
    assert!(table.pending.waiting_on(id).is_none());
    assert!(table.pending.claim(id).is_none());

    let Poll::Ready(Ok(bytes)) = table.poll(id) else {
        panic!("no reply");
    };
    assert_eq!(bytes, "reply");
    assert!(is_closed(&table.poll(id)), "it is taken once");
    assert!(table.pending.remove(id).is_none());
}

#[test]
fn a_call_is_told_its_id_and_may_use_it() {
    let mut table = Table::new();
    let mut told = None;
    let deadline = table.at(1);
    let inserted = table.pending.insert(|id| {
        told = Some(id);
        Entry::new(queue(), Vec::new(), deadline, None)
    });
    assert_eq!(told, Some(inserted.unwrap().id));
}

#[test]
fn the_waker_of_the_last_poll_is_handed_out_once() {
    let mut table = Table::new();
    let id = table.call(10);
    let (first, last) = (Arc::<Woken>::default(), Arc::<Woken>::default());
    for woken in [&first, &last] {
        let waker = Waker::from(Arc::clone(woken));
        let polled = table.pending.poll(id, &Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    table.pending.complete(id, reply()).unwrap().wake();
    assert!(table.pending.complete(id, reply()).is_none());
    let count = |woken: &Woken| woken.0.load(Ordering::Relaxed);
    assert_eq!((count(&first), count(&last)), (0, 1));
}

#[test]
fn the_first_outcome_stays() {
    let mut table = Table::new();
    let id = table.call(10);
    assert!(
        table.pending.complete(id, reply()).is_none(),
        "nobody polled"
    );
    table
        .pending
        .complete(id, Err(Failure::Expired(Started::No)));
    assert!(matches!(table.poll(id), Poll::Ready(Ok(_))));
}

#[test]
fn a_call_that_is_removed_is_to_be_withdrawn_if_it_was_written_and_not_answered() {
    let mut table = Table::new();
    let [fresh, written, unclaimed, answered] = [(); 4].map(|()| table.call(10));
    for id in [written, answered] {
        table.write(id);
    }
    assert!(table.claim(unclaimed) && table.pending.unclaim(unclaimed));
    table.pending.complete(answered, reply());
    assert!(table.pending.remove(fresh).is_none());
    let withdrawal = table.pending.remove(written).unwrap();
    assert_eq!(&*withdrawal.queue.name, "calc");
    assert_eq!(
        (withdrawal.id, &*withdrawal.request),
        (written, &b"request"[..])
    );
    assert!(table.pending.remove(unclaimed).is_none());
    assert!(table.pending.remove(answered).is_none());
    assert!(table.is_idle());
}

#[test]
fn a_call_that_is_removed_while_it_is_written_is_withdrawn_thereafter() {
    let mut table = Table::new();
    let [written, unclaimed] = [(); 2].map(|()| table.call(10));
    for id in [written, unclaimed] {
        assert!(table.claim(id));
        assert!(table.pending.remove(id).is_none());
    }
    assert!(table.is_idle());
    assert_eq!(table.pending.sent(&[written]).withdraw.len(), 1);
    assert!(!table.pending.unclaim(unclaimed), "nobody waits for it");
    assert_eq!(table.pending.sent(&[written, unclaimed]).withdraw.len(), 0);
    assert_eq!(table.pending.free.len(), 2);
}

// ===== ids =====

#[test]
fn a_late_reply_finds_nobody_instead_of_the_next_call() {
    let mut table = Table::new();
    let late = table.call(10);
    table.pending.remove(late);
    let next = table.call(10);
    assert_eq!(late.place(), next.place(), "the place is used again");
    assert_ne!(late, next);

    table.pending.complete(late, reply());
    assert!(table.pending.waiting_on(late).is_none());
    assert!(table.pending.remove(late).is_none());
    assert!(table.poll(next).is_pending());
    assert!(!table.is_idle());
}

#[test]
fn ids_of_no_call_find_nobody() {
    let mut table = Table::new();
    let id = table.call(10);
    for other in [
        CallId(id.0 + 1),
        CallId(1 << PLACE_BITS),
        CallId(1 << 53),
        CallId(u64::MAX),
    ] {
        table.pending.complete(other, reply());
        assert!(!table.claim(other));
        assert!(table.pending.remove(other).is_none());
        assert!(is_closed(&table.poll(other)));
    }
    assert!(table.poll(id).is_pending());
}

#[test]
fn an_id_is_exact_in_every_languages_json() {
    let largest = CallId::new(PLACES - 1, GENERATIONS - 1);
    assert_eq!(largest.0, (1 << 53) - 1);
    assert_eq!(largest.place(), PLACES - 1);
}

#[test]
fn a_place_that_has_had_its_generations_is_given_up() {
    let mut table = Table::new();
    let place = table.call(10).place();
    table.pending.remove(CallId::new(place, 0));
    table.pending.places[place].generation = GENERATIONS - 1;

    let last = table.call(10);
    assert_eq!(last, CallId::new(place, GENERATIONS - 1));
    table.pending.remove(last);
    let next = table.call(10);
    assert_ne!(next.place(), place);
    assert!(table.pending.waiting_on(CallId::new(place, 0)).is_none());
    assert!(table.pending.waiting_on(last).is_none());
}

// ===== time =====

#[test]
fn an_expired_call_is_reported_once_and_waits_for_its_end() {
    let mut table = Table::new();
    let (soon, later) = (table.call(1), table.call(5));
    assert_eq!(table.pending.due(table.at(0)).next, Some(table.at(1)));

    let due = table.pending.due(table.at(1));
    assert_eq!((due.expired, due.next), (vec![soon], Some(table.at(5))));
    assert!(table.pending.due(table.at(4)).expired.is_empty());
    assert!(table.poll(soon).is_pending());
    assert!(!table.is_idle());

    table
        .pending
        .complete(soon, Err(Failure::Expired(Started::No)));
    assert!(matches!(
        table.poll(soon),
        Poll::Ready(Err(Failure::Expired(Started::No)))
    ));
    assert_eq!(table.pending.due(table.at(9)).expired, [later]);
    assert_eq!(table.pending.due(table.at(99)).next, None);
}

#[test]
fn an_expired_call_is_not_written_any_more() {
    let mut table = Table::new();
    let (unwritten, written) = (table.call(1), table.call(1));
    table.write(written);
    assert_eq!(table.pending.due(table.at(1)).expired.len(), 2);

    assert!(!table.claim(unwritten));
    let expiring = |table: &mut Table, id| table.pending.expiring(id);
    assert!(matches!(
        expiring(&mut table, unwritten),
        Expiring::Unwritten
    ));
    assert!(matches!(
        expiring(&mut table, written),
        Expiring::Written(_)
    ));
}

#[test]
fn a_call_that_expires_while_it_is_written_waits_a_little_to_hear_of_it() {
    let mut table = Table::new();
    let [written, silent, unclaimed] = [(); 3].map(|()| table.call(1));
    for id in [written, silent, unclaimed] {
        assert!(table.claim(id));
    }
    let now = table.at(1);
    let due = table.pending.due(now);
    assert_eq!((due.expired, due.next), (vec![], Some(now + LAST_WORD)));

    let sent = table.pending.sent(&[written]);
    assert_eq!(sent.expired.len(), 1);
    assert!(table.pending.unclaim(unclaimed));
    assert_eq!(
        table.pending.due(now + LAST_WORD).expired,
        [silent, unclaimed]
    );
    assert!(matches!(table.pending.expiring(silent), Expiring::Unknown));
    assert!(matches!(
        table.pending.expiring(unclaimed),
        Expiring::Unwritten
    ));
    assert_eq!(table.pending.due(table.at(9)).next, None);
}

#[test]
fn whoever_sleeps_until_the_next_deadline_is_told_of_an_earlier_one() {
    let mut table = Table::new();
    assert!(table.insert(5, None, false).first_due);
    assert!(!table.insert(5, None, false).first_due);
    assert!(!table.insert(9, None, false).first_due);
    assert!(table.insert(4, None, false).first_due);
    assert!(table.insert(9, Some(3), false).first_due, "to be watched");
}

#[test]
fn a_call_that_ended_is_not_due() {
    let mut table = Table::new();
    let (answered, removed) = (table.call(1), table.call(2));
    table.pending.complete(answered, reply());
    table.pending.remove(removed);
    let due = table.pending.due(table.at(9));
    assert_eq!((due.expired, due.next), (vec![], None));
}

// ===== own queues =====

#[test]
fn an_own_queue_is_watched_as_soon_as_it_is_written_where_no_native_server_is_known() {
    let mut table = Table::new();
    let id = table.call(10);
    assert!(table.pending.due(table.at(1)).watch.is_empty());
    assert!(table.claim(id));
    assert!(table.pending.watched().is_empty());
    assert_eq!(table.pending.sent(&[id]).watch, [id]);
    assert_eq!(table.pending.watched(), [id]);
    assert!(table.pending.sent(&[id]).watch.is_empty(), "once");
}

#[test]
fn an_own_queue_is_watched_after_its_grace_if_it_is_written_by_then() {
    let mut table = Table::new();
    let id = table.insert(10, Some(1), false).id;
    assert!(table.write(id).watch.is_empty());

    let due = table.pending.due(table.at(1));
    assert_eq!((due.watch, due.next), (vec![id], Some(table.at(10))));
    assert!(table.pending.due(table.at(2)).watch.is_empty(), "once");
    assert_eq!(table.pending.watched(), [id]);
}

#[test]
fn an_own_queue_whose_grace_passed_unwritten_is_watched_as_soon_as_it_is_written() {
    let mut table = Table::new();
    let id = table.insert(10, Some(1), false).id;
    let due = table.pending.due(table.at(2));
    assert_eq!((due.watch, due.next), (vec![], Some(table.at(10))));
    assert_eq!(table.write(id).watch, [id]);
}

#[test]
fn an_own_queue_whose_grace_passed_while_its_call_was_about_to_end_is_watched_if_it_goes_on() {
    let mut table = Table::new();
    let id = table.insert(1, Some(1), false).id;
    assert!(table.claim(id));
    let due = table.pending.due(table.at(1));
    assert_eq!((due.expired, due.watch), (vec![], vec![]), "its last word");
    assert!(table.pending.unclaim(id));
    assert_eq!(table.write(id).watch, [id]);
}

#[test]
fn a_oneway_call_is_not_watched() {
    let mut table = Table::new();
    let id = table.insert(10, Some(1), true).id;
    assert_eq!(table.write(id).done, [id]);
    assert!(table.pending.due(table.at(2)).watch.is_empty());
}

#[test]
fn a_call_whose_time_is_up_is_not_watched() {
    let mut table = Table::new();
    let id = table.insert(1, Some(1), false).id;
    table.write(id);
    let due = table.pending.due(table.at(1));
    assert_eq!((due.expired, due.watch), (vec![id], vec![]));
    table.call(2);
    assert!(table.pending.due(table.at(2)).watch.is_empty());
}

#[test]
fn a_call_that_ended_is_not_watched_anew() {
    let mut table = Table::new();
    let ids = [(); 3].map(|()| table.call(10));
    for id in ids {
        table.write(id);
    }
    table.pending.complete(ids[0], reply());
    table.pending.remove(ids[1]);
    assert_eq!(table.pending.watched(), [ids[2]]);
}

#[test]
fn a_oneway_call_is_done_when_it_is_written() {
    let mut table = Table::new();
    let oneway = table.insert(10, None, true).id;
    let ended = table.insert(10, None, true).id;
    table.pending.remove(ended);
    assert!(table.claim(oneway));
    let sent = table.pending.sent(&[oneway, ended]);
    assert_eq!((sent.done, sent.watch), (vec![oneway], vec![]));
}

#[test]
fn nothing_follows_for_a_call_that_was_put_back() {
    let mut table = Table::new();
    let ids = [false, true].map(|oneway| table.insert(10, None, oneway).id);
    for id in ids {
        assert!(table.claim(id) && table.pending.unclaim(id));
    }
    let sent = table.pending.sent(&ids);
    assert_eq!((sent.done, sent.watch), (vec![], vec![]));
}

// ===== the end =====

#[test]
fn a_closed_table_fails_every_call_and_takes_no_more() {
    let mut table = Table::new();
    let (polled, unpolled, answered) = (table.call(10), table.call(10), table.call(10));
    assert!(table.poll(polled).is_pending());
    table.pending.complete(answered, reply());

    assert_eq!(table.pending.close().len(), 1);
    assert!(is_closed(&table.poll(polled)));
    assert!(is_closed(&table.poll(unpolled)));
    assert!(matches!(table.poll(answered), Poll::Ready(Ok(_))));
    let deadline = table.at(1);
    let refused = table
        .pending
        .insert(|_| Entry::new(queue(), Vec::new(), deadline, None));
    assert_eq!(refused.unwrap_err(), Error::Closed);

    table.pending.remove(polled);
    table.pending.remove(unpolled);
    assert!(table.is_idle());
    assert!(table.pending.close().is_empty());
}
