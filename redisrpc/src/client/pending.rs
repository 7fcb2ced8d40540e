//! The calls that wait for a reply: plain data, no I/O.
//!
//! A slab: a call's id is its place with the place's generation above it, so
//! that a late reply finds nobody instead of the next call. No id is given twice:
//! a reply that an old server left behind stays for ever. Ids stay below 2^53,
//! exact in every language's JSON.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::Bytes;

use super::queue::Queue;
use crate::error::{Error, Started};

const PLACE_BITS: u32 = 24;

/// Most calls in flight.
const PLACES: usize = 1 << PLACE_BITS;

/// How many calls, one after the other, one place can hold.
const GENERATIONS: u32 = 1 << (53 - PLACE_BITS);

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

/// A reply's bytes, or why there will be none.
pub(super) type Outcome = Result<Bytes, Failure>;

/// Why a call gets no reply.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its time was up.
    Expired(Started),
    /// Anything else.
    Failed(Error),
}

/// What the table keeps of a call.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) queue: Arc<Queue>,
    /// The whole request: written from here, withdrawn by its bytes.
    pub(super) request: Bytes,
    pub(super) deadline: Instant,
    /// When to begin watching the call's own queue, which an old server would
    /// use; `None` for as soon as it is written.
    pub(super) watch_at: Option<Instant>,
    /// Whether the request was handed to the transport.
    written: bool,
    watched: bool,
    /// Whether being written is all that is waited for.
    oneway: bool,
    /// Whether its deadline has passed and its end is being settled.
    expired: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(Option<Waker>),
    Done(Outcome),
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    places: Vec<Place>,
    free: Vec<usize>,
    /// Calls without an outcome yet.
    waiting: usize,
    /// No deadline passes before this.
    next_deadline: Option<Instant>,
    /// When to begin watching which call, the earliest on top; also of calls that
    /// have ended meanwhile, for as long as the grace lasts.
    watches: BinaryHeap<Reverse<(Instant, CallId)>>,
    /// Set when nobody drives the table any more: every call fails at once.
    closed: bool,
}

#[derive(Debug, Default)]
struct Place {
    /// How many calls it has held.
    generation: u32,
    entry: Option<Entry>,
}

/// What is due at some moment.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Calls whose time is up: they are to be settled with `complete`.
    pub(super) expired: Vec<CallId>,
    /// Calls whose own queues are to be watched from now on.
    pub(super) watch: Vec<CallId>,
    /// When to look again.
    pub(super) next: Option<Instant>,
}

impl Entry {
    pub(super) fn new(
        queue: Arc<Queue>,
        request: Bytes,
        deadline: Instant,
        watch_at: Option<Instant>,
    ) -> Self {
        Self {
            queue,
            request,
            deadline,
            watch_at,
            written: false,
            watched: false,
            oneway: false,
            expired: false,
            state: State::Waiting(None),
        }
    }

    pub(super) fn oneway(self, oneway: bool) -> Self {
        Self { oneway, ..self }
    }

    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// Whether it waits and its deadline was not yet seen to pass.
    fn has_time(&self) -> bool {
        self.is_waiting() && !self.expired
    }
}

impl Pending {
    /// Reserves a place for a call; `entry` makes it, knowing its id.
    ///
    /// Says too whether the table was idle and whether the call is due before
    /// all others, for those who sleep until then.
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
            self.watches.push(Reverse((watch_at, id)));
        }
        self.places[place].entry = Some(entry);
        self.waiting += 1;
        Ok(Inserted {
            id,
            was_idle: self.waiting == 1,
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
    pub(super) fn claim(&mut self, id: CallId) -> Option<(Arc<Queue>, Bytes)> {
        let entry = self.entry(id).filter(|entry| entry.has_time())?;
        entry.written = true;
        Some((Arc::clone(&entry.queue), entry.request.clone()))
    }

    /// The transport says that it did not write the call after all.
    pub(super) fn unclaim(&mut self, id: CallId) {
        if let Some(entry) = self.entry(id) {
            entry.written = false;
        }
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
            return Poll::Ready(Err(Failure::Failed(Error::Closed)));
        };
        match &mut entry.state {
            State::Waiting(_) if closed => Poll::Ready(Err(Failure::Failed(Error::Closed))),
            State::Waiting(waker) => {
                match waker {
                    Some(waker) => waker.clone_from(cx.waker()),
                    None => *waker = Some(cx.waker().clone()),
                }
                Poll::Pending
            }
            State::Done(_) => match self.remove(id).map(|entry| entry.state) {
                Some(State::Done(outcome)) => Poll::Ready(outcome),
                _ => Poll::Ready(Err(Failure::Failed(Error::Closed))),
            },
        }
    }

    /// Empties the call's place. What is returned was still waiting if its
    /// request [is to be withdrawn](Entry::into_unanswered).
    pub(super) fn remove(&mut self, id: CallId) -> Option<Entry> {
        self.entry(id)?;
        let place = self.places.get_mut(id.place())?;
        let entry = place.entry.take()?;
        place.generation += 1;
        // A place that has had its generations is given up.
        if place.generation < GENERATIONS {
            self.free.push(id.place());
        }
        if entry.is_waiting() {
            self.waiting -= 1;
        }
        Some(entry)
    }

    /// Whether no call waits for a reply.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0
    }

    /// The queue of a call that still waits.
    pub(super) fn waiting_on(&mut self, id: CallId) -> Option<Arc<Queue>> {
        let entry = self.entry(id).filter(|entry| entry.is_waiting())?;
        Some(Arc::clone(&entry.queue))
    }

    /// The queue of a call that still waits, and whether its own queue is watched.
    pub(super) fn watched_on(&mut self, id: CallId) -> Option<(Arc<Queue>, bool)> {
        let entry = self.entry(id).filter(|entry| entry.is_waiting())?;
        Some((Arc::clone(&entry.queue), entry.watched))
    }

    /// The request of an expired call, if it was written and still waits.
    pub(super) fn written(&mut self, id: CallId) -> Option<(Arc<Queue>, Bytes)> {
        let entry = self
            .entry(id)
            .filter(|entry| entry.written && entry.is_waiting())?;
        Some((Arc::clone(&entry.queue), entry.request.clone()))
    }

    /// Nothing is due before this.
    fn next_due(&self) -> Option<Instant> {
        let watch = self.watches.peek().map(|Reverse((at, _))| *at);
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
        while let Some(Reverse((at, id))) = self.watches.peek().copied() {
            if at > now {
                break;
            }
            self.watches.pop();
            let Some(entry) = self.entry(id).filter(|entry| entry.has_time()) else {
                continue;
            };
            if !entry.written {
                // It is watched as soon as it is.
                entry.watch_at = None;
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
            let Some(entry) = place.entry.as_mut().filter(|entry| entry.has_time()) else {
                continue;
            };
            if entry.deadline <= now {
                entry.expired = true;
                expired.push(CallId::new(index, place.generation));
            } else {
                let deadline = [entry.deadline];
                self.next_deadline = self.next_deadline.into_iter().chain(deadline).min();
            }
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

    /// What follows for calls that were just written; nothing for those that were
    /// not after all.
    pub(super) fn sent(&mut self, ids: impl Iterator<Item = CallId>) -> Sent {
        let mut sent = Sent::default();
        for id in ids {
            let written = |entry: &&mut Entry| entry.written && entry.is_waiting();
            let Some(entry) = self.entry(id).filter(written) else {
                continue;
            };
            // Also when its time is up meanwhile: it is written, which is all.
            if entry.oneway {
                sent.done.push(id);
            } else if entry.watch_at.is_none() && !entry.watched {
                entry.watched = true;
                sent.watch.push(id);
            }
        }
        sent
    }

    /// Calls whose own queues were watched, to be watched anew.
    pub(super) fn watched(&self) -> Vec<CallId> {
        let places = self.places.iter().enumerate();
        places
            .filter(|(_, place)| {
                let entry = place.entry.as_ref();
                entry.is_some_and(|entry| entry.watched && entry.is_waiting())
            })
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
                State::Done(_) => None,
            })
            .collect()
    }
}

impl Entry {
    /// The request, if it was written and nobody has answered it.
    pub(super) fn into_unanswered(self) -> Option<(Arc<Queue>, Bytes)> {
        (self.written && self.is_waiting()).then_some((self.queue, self.request))
    }
}

/// What follows for calls that were just written.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Calls that wait for nothing more.
    pub(super) done: Vec<CallId>,
    /// Calls whose own queues are to be watched from now on.
    pub(super) watch: Vec<CallId>,
}

/// What came of an insertion.
#[derive(Debug)]
pub(super) struct Inserted {
    pub(super) id: CallId,
    /// Whether no other call was waiting: the reader of replies may be asleep.
    pub(super) was_idle: bool,
    /// Whether it is due before all others: the keeper of deadlines must know.
    pub(super) first_due: bool,
}

#[cfg(test)]
mod tests;
