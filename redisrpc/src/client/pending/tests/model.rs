//! The table against the simplest thing that does the same: a map of all calls,
//! walked whenever something is asked.

use std::collections::{BTreeSet, HashMap};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Insert {
        deadline: u32,
        watch_at: Option<u32>,
        oneway: bool,
    },
    Claim(Index),
    Unclaim(Index),
    /// Written to this place in its queue, which may be further back than [`MOST`].
    Sent(Index, u32),
    GoesOn(Index),
    Complete(Index),
    Poll(Index),
    Remove(Index),
    Wait(u32),
    Close,
}

/// How far back in the queue a call may be.
const MOST: u32 = 3;

fn step() -> impl Strategy<Value = Step> {
    let call = any::<Index>;
    prop_oneof![
        6 => (0..20_u32, prop::option::of(0..20_u32), any::<bool>())
            .prop_map(|(deadline, watch_at, oneway)| Step::Insert { deadline, watch_at, oneway }),
        4 => call().prop_map(Step::Claim),
        1 => call().prop_map(Step::Unclaim),
        3 => (call(), 1..=MOST + 2).prop_map(|(call, place)| Step::Sent(call, place)),
        1 => call().prop_map(Step::GoesOn),
        3 => call().prop_map(Step::Complete),
        3 => call().prop_map(Step::Poll),
        3 => call().prop_map(Step::Remove),
        3 => (0..6_u32).prop_map(Step::Wait),
    ]
}

/// A call as the model has it.
struct Call {
    deadline: Instant,
    watch_at: Option<Instant>,
    oneway: bool,
    stage: Stage,
    watched: bool,
    ending: Ending,
    polled: bool,
    done: bool,
}

impl Call {
    /// When somebody must look at it, if ever.
    fn due(&self) -> Option<Instant> {
        let watch_at = self.watch_at.filter(|_| !self.watched && self.has_time());
        let due = watch_at.map_or(self.deadline, |at| self.deadline.min(at + SLACK));
        (!self.done && self.ending != Ending::Reported).then_some(due)
    }

    fn has_time(&self) -> bool {
        !self.done && self.ending == Ending::No
    }
}

/// The table, the model, and one who sleeps between deadlines as `expiry` does.
struct Both {
    table: Table,
    now: u32,
    calls: HashMap<CallId, Call>,
    /// Calls whose callers went while they were written.
    abandoned: BTreeSet<CallId>,
    /// Every id there ever was, so that steps also meet those that are gone.
    ids: Vec<CallId>,
    closed: bool,
    asleep_until: Option<Instant>,
}

impl Both {
    fn new() -> Self {
        Self {
            table: Table::new(),
            now: 0,
            calls: HashMap::new(),
            abandoned: BTreeSet::new(),
            ids: Vec::new(),
            closed: false,
            asleep_until: None,
        }
    }

    fn waiting(&self) -> usize {
        self.calls.values().filter(|call| !call.done).count()
    }

    fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Insert {
                deadline,
                watch_at,
                oneway,
            } => self.insert(deadline, watch_at, oneway),
            Step::Wait(seconds) => self.wait(seconds),
            Step::Close => self.close(),
            _ if self.ids.is_empty() => Ok(()),
            Step::Claim(index) => self.claim(*index.get(&self.ids)),
            Step::Unclaim(index) => self.unclaim(*index.get(&self.ids)),
            Step::Sent(index, place) => self.sent(*index.get(&self.ids), place),
            Step::GoesOn(index) => self.goes_on(*index.get(&self.ids)),
            Step::Complete(index) => self.complete(*index.get(&self.ids)),
            Step::Poll(index) => self.poll(*index.get(&self.ids)),
            Step::Remove(index) => self.remove(*index.get(&self.ids)),
        }
    }

    fn insert(
        &mut self,
        deadline: u32,
        watch_at: Option<u32>,
        oneway: bool,
    ) -> Result<(), TestCaseError> {
        let deadline = self.table.at(self.now + deadline);
        let watch_at = watch_at.map(|seconds| self.table.at(self.now + seconds));
        let entry = |_| {
            let entry = Entry::new(queue(), Vec::new(), deadline, watch_at).oneway(oneway);
            entry.most_queued(MOST)
        };
        let inserted = self.table.pending.insert(entry);
        prop_assert_eq!(inserted.is_err(), self.closed);
        let Ok(Inserted { id, first_due }) = inserted else {
            return Ok(());
        };
        prop_assert!(!self.ids.contains(&id), "an id is given once");
        prop_assert!(id.0 < 1 << 53);
        let call = Call {
            deadline,
            watch_at: watch_at.filter(|_| !oneway),
            oneway,
            stage: Stage::Unwritten,
            watched: false,
            ending: Ending::No,
            polled: false,
            done: false,
        };
        if first_due {
            self.asleep_until = call.due();
        }
        self.ids.push(id);
        self.calls.insert(id, call);
        Ok(())
    }

    /// Time passes; who was asleep until then looks at what is due.
    fn wait(&mut self, seconds: u32) -> Result<(), TestCaseError> {
        self.now += seconds;
        let now = self.table.at(self.now);
        if self.asleep_until.is_none_or(|until| until > now) {
            let due = self.calls.values().filter_map(Call::due).min();
            prop_assert!(due.is_none_or(|due| due > now), "overslept");
        }
        let (mut expired, mut watch) = (BTreeSet::new(), BTreeSet::new());
        for (&id, call) in &mut self.calls {
            if call.done {
                continue;
            }
            if call.ending != Ending::Reported && call.deadline <= now {
                if call.stage == Stage::Claimed && call.ending == Ending::No {
                    call.ending = Ending::LastWord;
                    call.deadline = now + LAST_WORD;
                } else {
                    call.ending = Ending::Reported;
                    expired.insert(id.0);
                }
            }
            if call.watch_at.is_some_and(|at| at <= now) && !call.watched {
                if call.stage == Stage::Written && call.has_time() {
                    call.watched = true;
                    watch.insert(id.0);
                } else {
                    call.watch_at = None;
                }
            }
        }
        let due = self.table.pending.due(now);
        prop_assert_eq!(due.expired.len(), expired.len(), "each once");
        prop_assert_eq!(numbers(due.expired), expired);
        prop_assert_eq!(due.watch.len(), watch.len(), "each once");
        prop_assert_eq!(numbers(due.watch), watch);
        self.asleep_until = due.next;
        Ok(())
    }

    fn claim(&mut self, id: CallId) -> Result<(), TestCaseError> {
        let call = self.calls.get_mut(&id);
        let call = call.filter(|call| call.has_time() && call.stage == Stage::Unwritten);
        prop_assert_eq!(self.table.claim(id), call.is_some());
        call.into_iter()
            .for_each(|call| call.stage = Stage::Claimed);
        Ok(())
    }

    fn unclaim(&mut self, id: CallId) -> Result<(), TestCaseError> {
        let wanted = self.table.pending.unclaim(id);
        self.abandoned.remove(&id);
        let call = self.calls.get_mut(&id);
        let call = call.filter(|call| call.stage == Stage::Claimed);
        prop_assert_eq!(wanted, call.as_ref().is_some_and(|call| !call.done));
        if let Some(call) = call {
            call.stage = Stage::Unwritten;
            if call.ending == Ending::LastWord {
                call.ending = Ending::No;
            }
        }
        Ok(())
    }

    fn sent(&mut self, id: CallId, place: u32) -> Result<(), TestCaseError> {
        let placed = self.table.pending.placed(id, place.into());
        let call = self.calls.get_mut(&id);
        let call = call.filter(|call| call.has_time() && call.stage == Stage::Claimed);
        let overlong = call.filter(|_| place > MOST);
        prop_assert_eq!(placed.is_some(), overlong.is_some());
        overlong
            .into_iter()
            .for_each(|call| call.ending = Ending::Overlong);
        let sent = self.table.pending.sent(&[id]);
        prop_assert_eq!(sent.withdraw.len(), usize::from(self.abandoned.remove(&id)));
        let mut expected = (vec![], vec![], vec![]);
        let call = self.calls.get_mut(&id);
        if let Some(call) = call.filter(|call| call.stage == Stage::Claimed) {
            call.stage = Stage::Written;
            if call.done {
            } else if call.oneway && call.ending != Ending::Overlong {
                expected.0.push(id);
            } else if call.ending == Ending::LastWord {
                call.ending = Ending::Reported;
                expected.1.push(id);
            } else if call.has_time() && !call.watched && call.watch_at.is_none() {
                call.watched = true;
                expected.2.push(id);
            }
        }
        let expired: Vec<_> = sent
            .expired
            .into_iter()
            .map(|it| it.withdrawal.id)
            .collect();
        prop_assert_eq!((sent.done, expired, sent.watch), expected);
        Ok(())
    }

    fn goes_on(&mut self, id: CallId) -> Result<(), TestCaseError> {
        let goes_on = self.table.pending.goes_on(id);
        let call = self.calls.get_mut(&id);
        let call = call.filter(|call| !call.done && call.ending == Ending::Overlong);
        let expected = call.map(|call| {
            call.ending = Ending::No;
            call.watched |= !call.oneway;
            match call.oneway {
                true => GoesOn::Done,
                false => GoesOn::Watch,
            }
        });
        prop_assert_eq!(goes_on, expected);
        Ok(())
    }

    fn complete(&mut self, id: CallId) -> Result<(), TestCaseError> {
        // The reply says whose it is.
        let outcome = Ok(Bytes::from(id.0.to_string()));
        let waker = self.table.pending.complete(id, outcome);
        let call = self.calls.get_mut(&id).filter(|call| !call.done);
        let awaited = call.as_ref().is_some_and(|call| call.polled);
        prop_assert_eq!(waker.is_some(), awaited && !self.closed);
        call.into_iter().for_each(|call| call.done = true);
        Ok(())
    }

    fn poll(&mut self, id: CallId) -> Result<(), TestCaseError> {
        let polled = self.table.poll(id);
        let Some(call) = self.calls.get_mut(&id) else {
            prop_assert!(is_closed(&polled));
            return Ok(());
        };
        if call.done {
            let Poll::Ready(Ok(reply)) = polled else {
                return Err(TestCaseError::fail("no reply"));
            };
            prop_assert_eq!(reply, id.0.to_string());
            self.calls.remove(&id);
        } else if self.closed {
            prop_assert!(is_closed(&polled));
        } else {
            prop_assert!(polled.is_pending());
            call.polled = true;
        }
        Ok(())
    }

    fn remove(&mut self, id: CallId) -> Result<(), TestCaseError> {
        let removed = self.table.pending.remove(id);
        let call = self.calls.remove(&id).filter(|call| !call.done);
        let stage = call.map(|call| call.stage);
        prop_assert_eq!(removed.is_some(), stage == Some(Stage::Written));
        if stage == Some(Stage::Claimed) {
            self.abandoned.insert(id);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), TestCaseError> {
        let wakers = self.table.pending.close();
        let awaited = self.calls.values().filter(|call| call.polled && !call.done);
        prop_assert_eq!(wakers.len(), awaited.count());
        self.closed = true;
        Ok(())
    }

    /// What both must say at any time.
    fn check(&mut self) -> Result<(), TestCaseError> {
        let pending = &mut self.table.pending;
        for &id in &self.ids {
            let call = self.calls.get(&id).filter(|call| !call.done);
            prop_assert_eq!(pending.waiting_on(id).is_some(), call.is_some());
            let written = matches!(pending.expiring(id), Expiring::Written(_));
            prop_assert_eq!(
                written,
                call.is_some_and(|call| call.stage == Stage::Written)
            );
        }
        let watched = self.calls.iter();
        let watched = watched.filter(|(_, call)| call.watched && !call.done);
        let watched: BTreeSet<u64> = watched.map(|(id, _)| id.0).collect();
        prop_assert_eq!(numbers(pending.watched()), watched);
        prop_assert_eq!(pending.waiting(), self.waiting());
        Ok(())
    }
}

fn numbers(ids: Vec<CallId>) -> BTreeSet<u64> {
    ids.into_iter().map(|id| id.0).collect()
}

proptest! {
    #[test]
    fn whatever_happens_the_table_is_what_a_plain_map_would_be(
        steps in vec(step(), 1..80), end in vec(step(), 0..20),
    ) {
        let mut both = Both::new();
        for step in steps.into_iter().chain([Step::Close]).chain(end) {
            both.take(step)?;
            both.check()?;
        }
    }
}
