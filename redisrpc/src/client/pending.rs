//! The calls that wait for a reply: plain data, no I/O.
//!
//! A slab: a call's id is its place with the place's generation above it, so
//! that a late reply finds nobody instead of the next call. No id is given twice:
//! a reply that an old server left behind stays for ever. Ids stay below 2^53,
//! exact in every language's JSON.

mod entry;
mod incoming;
mod told;

use std::{
    collections::VecDeque,
    mem,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;

use self::{
    entry::{Ending, Stage, State},
    incoming::Came,
};
pub(super) use self::{
    entry::{Entry, Failure, Outcome, Unsettled, Why, Withdrawal},
    told::{Answered, Due, Expiring, GoesOn, Inserted, Sent},
};
use super::{outbound::Outbound, queue::Queue};
use crate::{
    error::Error,
    transport::List,
    wire::{names, stream},
};

const PLACE_BITS: u32 = 24;

/// Most calls in flight.
const PLACES: usize = 1 << PLACE_BITS;

/// How many calls, one after the other, one place can hold.
const GENERATIONS: u32 = 1 << (53 - PLACE_BITS);

/// How much longer than its time a call may wait to hear whether it was written.
const LAST_WORD: Duration = Duration::from_millis(500);

/// How much later than its grace ends a call may begin to be watched, so that
/// many begin at once.
const SLACK: Duration = Duration::from_millis(10);

/// A call's number, echoed by native servers and part of its own queue's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CallId(pub(super) u64);

impl CallId {
    fn new(place: usize, generation: u32) -> Self {
        Self(u64::from(generation) << PLACE_BITS | place as u64)
    }

    fn place(self) -> usize {
        self.0 as usize % PLACES
    }
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The calls to be written, under the same lock.
    pub(super) outbound: Outbound,
    places: Vec<Place>,
    free: Vec<usize>,
    /// Calls without an outcome yet.
    waiting: usize,
    /// No deadline passes before this.
    next_deadline: Option<Instant>,
    /// When to begin watching which call, the earliest first; also of calls that
    /// have ended meanwhile, for as long as the grace lasts.
    watches: VecDeque<(Instant, CallId)>,
    /// Set when nobody drives the table any more: every call fails at once.
    closed: bool,
}

#[derive(Debug, Default)]
struct Place {
    /// How many calls it has held.
    generation: u32,
    entry: Option<Entry>,
}

impl Pending {
    /// Reserves a place for a call; `entry` makes it, knowing its id.
    ///
    /// Says too whether the call is due before all others, for who sleeps until
    /// then.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], or that there are too many calls in flight.
    pub(super) fn insert(
        &mut self,
        entry: impl FnOnce(CallId) -> Entry,
    ) -> Result<Inserted, Error> {
        if self.closed {
            return Err(Error::Closed);
        }
        let place = self.free_place()?;
        let id = CallId::new(place, self.places[place].generation);
        let entry = entry(id);
        let due_before = self.next_due();
        self.next_deadline = self.next_deadline.into_iter().chain([entry.deadline]).min();
        if let Some(watch_at) = entry.watch_at {
            // The grace is the same for all, so it is nearly always the last.
            let earlier = self.watches.iter().rposition(|(at, _)| *at <= watch_at);
            let place = earlier.map_or(0, |earlier| earlier + 1);
            self.watches.insert(place, (watch_at, id));
        }
        self.places[place].entry = Some(entry);
        self.waiting += 1;
        Ok(Inserted {
            id,
            first_due: due_before.is_none_or(|before| self.next_due() < Some(before)),
        })
    }

    fn free_place(&mut self) -> Result<usize, Error> {
        if let Some(place) = self.free.pop() {
            return Ok(place);
        }
        if self.places.len() == PLACES {
            return Err(Error::Invalid(format!(
                "{PLACES} calls are in flight, and one more cannot be told from them"
            )));
        }
        self.places.push(Place::default());
        Ok(self.places.len() - 1)
    }

    fn entry(&mut self, id: CallId) -> Option<&mut Entry> {
        let place = self.places.get_mut(id.place())?;
        let current = CallId::new(id.place(), place.generation) == id;
        place.entry.as_mut().filter(|_| current)
    }

    /// Takes a call out to be written; `None` if nobody waits for it any more or
    /// its time is up.
    pub(super) fn claim(&mut self, id: CallId) -> Option<&Entry> {
        let unwritten = |entry: &&mut Entry| entry.has_time() && entry.stage == Stage::Unwritten;
        let entry = self.entry(id).filter(unwritten)?;
        entry.stage = Stage::Claimed;
        Some(entry)
    }

    /// The transport says that it did not write the call after all. Whether
    /// someone still waits for it.
    pub(super) fn unclaim(&mut self, id: CallId) -> bool {
        let claimed = |entry: &&mut Entry| entry.stage == Stage::Claimed;
        let Some(entry) = self.entry(id).filter(claimed) else {
            return false;
        };
        entry.stage = Stage::Unwritten;
        if entry.ending == Ending::LastWord {
            // Nobody has anything to say about it: its end comes by itself.
            entry.ending = Ending::No;
        }
        if let State::Abandoned = entry.state {
            self.vacate(id);
            return false;
        }
        entry.is_waiting()
    }

    /// Ends a call; the waker of whoever awaits it, to be woken outside the lock.
    pub(super) fn complete(&mut self, id: CallId, outcome: Outcome) -> Option<Waker> {
        let entry = self.entry(id)?;
        let State::Waiting(waker) = &mut entry.state else {
            return None;
        };
        let waker = waker.take();
        entry.state = State::Done(outcome);
        self.waiting -= 1;
        waker
    }

    /// The call's outcome, which empties its place; or `Pending`, with the waker kept.
    pub(super) fn poll(&mut self, id: CallId, cx: &Context<'_>) -> Poll<Outcome> {
        let closed = self.closed;
        let Some(entry) = self.entry(id) else {
            return Poll::Ready(Err(Failure::from(Error::Closed)));
        };
        match &mut entry.state {
            State::Waiting(_) if closed => Poll::Ready(Err(Failure::from(Error::Closed))),
            State::Waiting(waker) => {
                match waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            State::Abandoned => Poll::Ready(Err(Failure::from(Error::Closed))),
            State::Done(_) => match self.vacate(id).map(|entry| entry.state) {
                Some(State::Done(outcome)) => Poll::Ready(outcome),
                _ => Poll::Ready(Err(Failure::from(Error::Closed))),
            },
        }
    }

    /// The caller has gone: the request to be withdrawn, if it was written and
    /// not answered. One that is just being written is withdrawn thereafter.
    pub(super) fn remove(&mut self, id: CallId) -> Option<Withdrawal> {
        let entry = self.entry(id)?;
        if entry.is_waiting() {
            let stage = entry.stage;
            if stage == Stage::Claimed {
                entry.state = State::Abandoned;
            }
            self.waiting -= 1;
            return match stage {
                Stage::Claimed => None,
                Stage::Unwritten => self.vacate(id).and(None),
                Stage::Written => self.vacate(id).map(|entry| entry.withdrawal(id)),
            };
        }
        if let State::Done(_) = entry.state {
            self.vacate(id);
        }
        None
    }

    /// Empties the call's place.
    fn vacate(&mut self, id: CallId) -> Option<Entry> {
        let place = self.places.get_mut(id.place())?;
        let entry = place.entry.take()?;
        place.generation += 1;
        // A place that has had its generations is given up.
        if place.generation < GENERATIONS {
            self.free.push(id.place());
        }
        Some(entry)
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many calls there are, those included whose outcome was not taken yet.
    pub(super) fn calls(&self) -> usize {
        let entries = self.places.iter();
        entries.filter(|place| place.entry.is_some()).count()
    }

    /// The queue of a call that still waits.
    pub(super) fn waiting_on(&mut self, id: CallId) -> Option<Arc<Queue>> {
        let entry = self.entry(id).filter(|entry| entry.is_waiting())?;
        Some(Arc::clone(&entry.queue))
    }

    /// A native server has answered this call, which ends it; or with a part of a
    /// stream, which does not.
    pub(super) fn answer(&mut self, id: CallId, reply: Bytes, now: Instant) -> Option<Answered> {
        let entry = self.entry(id).filter(|entry| entry.is_waiting())?;
        entry.queue.saw_native_reply(entry.watch_at, now);
        let watched = mem::take(&mut entry.watched);
        let unwatch = watched.then(|| entry.queue.own_queue(id));
        let came = match &mut entry.incoming {
            Some(incoming) => incoming.take_in(reply),
            None => Came::End(reply),
        };
        let waker = match came {
            Came::End(reply) => self.complete(id, Ok(reply)),
            Came::Part => entry.part_came(now),
            Came::Nothing => None,
        };
        Some(Answered { waker, unwatch })
    }

    /// The next part of a stream, if it is there.
    pub(super) fn part(&mut self, id: CallId) -> Option<Bytes> {
        self.entry(id)?.incoming.as_mut()?.parts.pop_front()
    }

    /// The caller of a stream takes so many items in all.
    pub(super) fn set_credit(&mut self, id: CallId, items: u64) {
        let entry = self.entry(id);
        if let Some(incoming) = entry.and_then(|entry| entry.incoming.as_mut()) {
            incoming.credit = items;
        }
    }

    /// What the server of a stream is to be told of it, and where; `None` if it has not
    /// said yet who it is, or has ended.
    pub(super) fn credit(&mut self, id: CallId) -> Option<(List, Bytes)> {
        let entry = self.entry(id).filter(|entry| entry.is_waiting())?;
        let incoming = entry.incoming.as_ref()?;
        let list = names::told(&entry.queue.name, incoming.server.as_deref()?);
        let told = stream::credit(&entry.queue.own_queue(id), incoming.credit);
        Some((list.into(), told.into()))
    }

    /// The streams that have not ended.
    pub(super) fn streams(&self) -> Vec<CallId> {
        self.those(|entry| entry.incoming.is_some() && entry.is_waiting())
    }

    /// How far the request of an expired call that still waits has come.
    pub(super) fn expiring(&mut self, id: CallId) -> Expiring {
        match self.entry(id).filter(|entry| entry.is_waiting()) {
            Some(entry) => match entry.stage {
                Stage::Unwritten => Expiring::Unwritten,
                Stage::Claimed => Expiring::Unknown,
                Stage::Written => Expiring::Written(entry.withdrawal(id)),
            },
            None => Expiring::Unwritten,
        }
    }

    /// Nothing is due before this.
    fn next_due(&self) -> Option<Instant> {
        let watch = self.watches.front().map(|(at, _)| *at + SLACK);
        self.next_deadline.into_iter().chain(watch).min()
    }

    /// What is due now.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        // Deadlines first: a call whose time is up is not watched any more.
        let expired = self.due_deadlines(now);
        Due {
            expired,
            watch: self.due_watches(now),
            next: self.next_due(),
        }
    }

    fn due_watches(&mut self, now: Instant) -> Vec<CallId> {
        let mut watch = Vec::new();
        while let Some(&(at, id)) = self.watches.front() {
            if at > now {
                break;
            }
            self.watches.pop_front();
            let Some(entry) = self.entry(id).filter(|entry| entry.is_waiting()) else {
                continue;
            };
            if entry.stage != Stage::Written || !entry.has_time() {
                // It is watched as soon as it is written, if it goes on.
                entry.watch_at = None;
            } else if entry
                .watch_at
                .is_some_and(|at| !entry.queue.was_overtaken(at, now))
            {
                // Everyone waits so long now, and watching them all would not help.
                let again = Queue::look_again(now);
                self.watches.push_back((again, id));
            } else if !entry.watched {
                entry.watched = true;
                watch.push(id);
            }
        }
        watch
    }

    /// One walk over the calls in flight, and none at all as long as no deadline
    /// can have passed.
    fn due_deadlines(&mut self, now: Instant) -> Vec<CallId> {
        let mut expired = Vec::new();
        if self.next_deadline.is_none_or(|next| next > now) {
            return expired;
        }
        self.next_deadline = None;
        for (index, place) in self.places.iter_mut().enumerate() {
            let Some(entry) = place.entry.as_mut().filter(|entry| entry.may_expire()) else {
                continue;
            };
            if entry.deadline <= now {
                if entry.stage != Stage::Claimed || entry.ending == Ending::LastWord {
                    entry.ending = Ending::Reported;
                    expired.push(CallId::new(index, place.generation));
                    continue;
                }
                entry.ending = Ending::LastWord;
                entry.deadline = now + LAST_WORD;
            }
            let deadline = [entry.deadline];
            self.next_deadline = self.next_deadline.into_iter().chain(deadline).min();
        }
        expired
    }

    /// Those of these calls that wait for no reply.
    pub(super) fn oneway(&mut self, ids: &[CallId]) -> Vec<CallId> {
        let oneway = ids.iter().copied();
        oneway
            .filter(|&id| self.entry(id).is_some_and(|entry| entry.oneway))
            .collect()
    }

    /// A call whose write has just put it at this place in its queue: to be
    /// withdrawn, if that is further back than it may be.
    pub(super) fn placed(&mut self, id: CallId, place: u64) -> Option<Unsettled> {
        let overlong = |entry: &&mut Entry| {
            entry.has_time() && entry.stage == Stage::Claimed && place > entry.most_queued.into()
        };
        let entry = self.entry(id).filter(overlong)?;
        entry.ending = Ending::Overlong;
        let found = u32::try_from(place).unwrap_or(u32::MAX);
        let most = entry.most_queued;
        Some(entry.withdrawal(id).because(Why::Overlong { found, most }))
    }

    /// A server has a call that was to be withdrawn for its place in the queue.
    pub(super) fn goes_on(&mut self, id: CallId) -> Option<GoesOn> {
        let overlong = |entry: &&mut Entry| entry.is_waiting() && entry.ending == Ending::Overlong;
        let entry = self.entry(id).filter(overlong)?;
        entry.ending = Ending::No;
        if entry.oneway {
            return Some(GoesOn::Done);
        }
        entry.watched = true;
        Some(GoesOn::Watch)
    }

    /// What follows for calls that were just written; nothing for those that were
    /// not after all.
    pub(super) fn sent(&mut self, ids: &[CallId]) -> Sent {
        let mut sent = Sent::default();
        for &id in ids {
            let claimed = |entry: &&mut Entry| entry.stage == Stage::Claimed;
            let Some(entry) = self.entry(id).filter(claimed) else {
                continue;
            };
            entry.stage = Stage::Written;
            match entry.state {
                State::Abandoned => {
                    let withdrawal = self.vacate(id).map(|entry| entry.withdrawal(id));
                    sent.withdraw.extend(withdrawal);
                }
                // Also when its time is up meanwhile: it is written, which is all.
                State::Waiting(_) if entry.oneway && entry.ending != Ending::Overlong => {
                    sent.done.push(id);
                }
                State::Waiting(_) if entry.ending == Ending::LastWord => {
                    entry.ending = Ending::Reported;
                    sent.expired
                        .push(entry.withdrawal(id).because(Why::Expired));
                }
                State::Waiting(_) if entry.ending != Ending::No => {}
                State::Waiting(_) if entry.watch_at.is_none() && !entry.watched => {
                    entry.watched = true;
                    sent.watch.push(id);
                }
                State::Waiting(_) | State::Done(_) => {}
            }
        }
        sent
    }

    /// Calls whose own queues were watched, to be watched anew.
    pub(super) fn watched(&self) -> Vec<CallId> {
        self.those(|entry| entry.watched && entry.is_waiting())
    }

    fn those(&self, so: impl Fn(&Entry) -> bool) -> Vec<CallId> {
        let places = self.places.iter().enumerate();
        places
            .filter(|(_, place)| place.entry.as_ref().is_some_and(&so))
            .map(|(index, place)| CallId::new(index, place.generation))
            .collect()
    }

    /// Fails all calls, now and from now on.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        let entries = self
            .places
            .iter_mut()
            .filter_map(|place| place.entry.as_mut());
        entries
            .filter_map(|entry| match &mut entry.state {
                State::Waiting(waker) => waker.take(),
                State::Done(_) | State::Abandoned => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
