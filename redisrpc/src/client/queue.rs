//! One service's queue as a client sees it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Client, pending::CallId};
use crate::{metering::Meters, transport::List, wire::names};

/// How long a call on a queue with native servers waits before its own queue is
/// watched too: an old server may have taken it.
const GRACE: Duration = Duration::from_millis(30);

/// How long requests are not packed after a server could not read one.
#[cfg(feature = "msgpack")]
const UNPACKED: Duration = Duration::from_secs(60);

/// A queue's name, the inbox for its replies, and what is known of its servers.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(super) name: List,
    pub(super) inbox: List,
    pub(super) meters: Meters,
    /// Whether the last answer on it was a native server's.
    native: AtomicBool,
    began: Instant,
    /// When a native server last answered, in nanoseconds from then; 0 for never.
    answered: AtomicU64,
    /// When the broker was last known to know of a server, likewise.
    seen_served: AtomicU64,
    /// When the grace of the newest call that one answered would have ended.
    newest: AtomicU64,
    /// When a server last could not read a packed request, likewise; 0 for never.
    #[cfg(feature = "msgpack")]
    refused: AtomicU64,
}

impl Queue {
    pub(super) fn new(name: &str, client: &str) -> Self {
        let name = List::from(name);
        Self {
            meters: Meters::of_client(&name),
            inbox: names::inbox(&name, client).into(),
            name,
            native: AtomicBool::new(false),
            began: Instant::now(),
            answered: AtomicU64::new(0),
            seen_served: AtomicU64::new(0),
            newest: AtomicU64::new(0),
            #[cfg(feature = "msgpack")]
            refused: AtomicU64::new(0),
        }
    }

    /// Whether requests may be packed: native servers answer, and none has refused one for
    /// a while.
    #[cfg(feature = "msgpack")]
    pub(super) fn packs(&self) -> bool {
        self.native.load(Ordering::Relaxed)
            && match self.refused.load(Ordering::Relaxed) {
                0 => true,
                refused => {
                    let ago = self.nanos(Instant::now()).saturating_sub(refused);
                    u128::from(ago) > UNPACKED.as_nanos()
                }
            }
    }

    /// A server could not read a packed request.
    #[cfg(feature = "msgpack")]
    pub(super) fn saw_packed_refused(&self, now: Instant) {
        self.refused
            .store(self.nanos(now).max(1), Ordering::Relaxed);
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

    /// A native server has answered a call whose grace ends then.
    pub(super) fn saw_native_reply(&self, watch_at: Option<Instant>, now: Instant) {
        self.native.store(true, Ordering::Relaxed);
        self.answered.store(self.nanos(now), Ordering::Relaxed);
        let newest = watch_at.map_or(0, |at| self.nanos(at));
        self.newest.fetch_max(newest, Ordering::Relaxed);
    }

    /// Whether it was seen to be served within this time.
    pub(super) fn was_served(&self, within: Duration, now: Instant) -> bool {
        let seen = self.seen_served.load(Ordering::Relaxed);
        let last = seen.max(self.answered.load(Ordering::Relaxed));
        let ago = self.nanos(now).saturating_sub(last);
        last > 0 && u128::from(ago) < within.as_nanos()
    }

    /// The broker knows of a server of it.
    pub(super) fn saw_served(&self, now: Instant) {
        self.seen_served.store(self.nanos(now), Ordering::Relaxed);
    }

    /// Whether a call that still waits after its grace may be with an old server:
    /// not while native servers answer calls that were made before it.
    pub(super) fn was_overtaken(&self, watch_at: Instant, now: Instant) -> bool {
        let answered = self.answered.load(Ordering::Relaxed);
        let silence = self.nanos(now).saturating_sub(answered);
        answered == 0
            || u128::from(silence) >= GRACE.as_nanos()
            || self.newest.load(Ordering::Relaxed) > self.nanos(watch_at)
    }

    /// When to look again at a call that is in no old server's hands now.
    pub(super) fn look_again(now: Instant) -> Instant {
        now + GRACE
    }

    fn nanos(&self, moment: Instant) -> u64 {
        let nanos = moment.saturating_duration_since(self.began).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    pub(super) fn saw_old_reply(&self) {
        self.native.store(false, Ordering::Relaxed);
    }
}

/// The queues of a service that has several.
#[derive(Debug)]
pub(super) struct Shards {
    /// At least one.
    queues: Vec<Arc<Queue>>,
    /// How many calls were made.
    calls: AtomicUsize,
}

impl Client {
    /// The queue of the next call.
    pub(super) fn next_queue(&self) -> &Arc<Queue> {
        self.shards
            .as_ref()
            .map_or(&self.queue, |shards| shards.next())
    }
}

impl Shards {
    pub(super) fn new(queues: Vec<Arc<Queue>>) -> Self {
        Self {
            queues,
            calls: AtomicUsize::new(0),
        }
    }

    /// The queue of the next call: each in turn.
    pub(super) fn next(&self) -> &Arc<Queue> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        &self.queues[call % self.queues.len()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_own_queue_is_the_inbox_and_the_calls_number() {
        let queue = Queue::new("calc", "c0ffee");
        assert_eq!(&*queue.name, "calc");
        assert_eq!(&*queue.inbox, "calc:rpc:{c0ffee}");
        assert_eq!(queue.own_queue(CallId(17)), "calc:rpc:{c0ffee}.17");
    }

    #[test]
    fn a_grace_is_given_while_the_last_answer_was_a_native_servers() {
        let (queue, now) = (Queue::new("calc", "c0ffee"), Instant::now());
        assert_eq!(queue.watch_at(now), None);
        queue.saw_native_reply(None, now);
        assert_eq!(queue.watch_at(now), Some(now + GRACE));
        queue.saw_old_reply();
        assert_eq!(queue.watch_at(now), None);
    }

    #[test]
    fn a_call_is_overtaken_by_a_later_one_or_by_silence() {
        let queue = Queue::new("calc", "c0ffee");
        let now = Instant::now() + Duration::from_secs(1);
        let [newest, answered, oldest] = [10, 20, 40].map(|ms| now - Duration::from_millis(ms));
        assert!(queue.was_overtaken(newest, now), "nobody has answered");
        queue.saw_native_reply(Some(answered), now);
        assert!(queue.was_overtaken(oldest, now));
        assert!(!queue.was_overtaken(newest, now), "others were before it");
        let later = Queue::look_again(now);
        assert!(
            queue.was_overtaken(newest, later),
            "nobody answers any more"
        );
    }

    proptest! {
        #[test]
        fn the_owner_of_an_own_queue_is_its_call(name in "\\PC{1,40}", id in any::<u64>()) {
            let queue = Queue::new(&name, "c0ffee");
            let own_queue = queue.own_queue(CallId(id));
            prop_assert_eq!(names::call_of_own_queue(&own_queue, "c0ffee"), Some(id));
            prop_assert!(names::is_reply_list(&name, &own_queue));
        }
    }
}
