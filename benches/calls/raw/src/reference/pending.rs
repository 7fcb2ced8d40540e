//! Calls in flight, and requests that are not yet written.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::resp;

/// Size from which a batch takes no further request, in bytes.
const BATCH_BYTES: usize = 256 * 1024;

/// Bits of an id that tell the slot; the others tell how often it was used before.
const SLOT_BITS: u32 = 20;

/// Plain state, behind one lock.
#[derive(Default)]
pub struct Pending {
    slots: Vec<Slot>,
    free: Vec<usize>,
    outgoing: Vec<Batch>,
}

struct Slot {
    uses: u64,
    state: State,
}

enum State {
    Free,
    Waiting(Option<Waker>),
    Answered(Bytes),
}

/// Requests of one write.
#[derive(Default)]
pub struct Batch {
    pub count: usize,
    pub words: Vec<u8>,
}

impl Pending {
    /// Enters a call: its id, and whether it is the only one.
    pub fn insert(&mut self) -> (u64, bool) {
        let first = self.outstanding() == 0;
        let state = State::Waiting(None);
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at].state = state;
                at
            }
            None => {
                self.slots.push(Slot { uses: 0, state });
                self.slots.len() - 1
            }
        };
        (self.slots[at].uses << SLOT_BITS | at as u64, first)
    }

    pub fn outstanding(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Adds a request to those to be written; whether it is the first.
    pub fn enqueue(&mut self, request: &[u8]) -> bool {
        let first = self.outgoing.is_empty();
        if self
            .outgoing
            .last()
            .is_none_or(|it| it.words.len() >= BATCH_BYTES)
        {
            self.outgoing.push(Batch::default());
        }
        let batch = self.outgoing.last_mut().expect("one was pushed");
        batch.count += 1;
        resp::word(&mut batch.words, request);
        first
    }

    pub fn take_outgoing(&mut self) -> Vec<Batch> {
        std::mem::take(&mut self.outgoing)
    }

    /// Keeps a reply for its call; who waits for it.
    pub fn complete(&mut self, id: u64, reply: Bytes) -> Option<Waker> {
        let (at, uses) = (id & ((1 << SLOT_BITS) - 1), id >> SLOT_BITS);
        let slot = self.slots.get_mut(at as usize)?;
        if slot.uses != uses {
            return None;
        }
        match std::mem::replace(&mut slot.state, State::Answered(reply)) {
            State::Waiting(waker) => waker,
            State::Free | State::Answered(_) => panic!("call {id} was answered twice"),
        }
    }

    /// The reply to a call, which then is over.
    pub fn poll(&mut self, id: u64, cx: &Context<'_>) -> Poll<Bytes> {
        let at = (id & ((1 << SLOT_BITS) - 1)) as usize;
        let slot = &mut self.slots[at];
        match std::mem::replace(&mut slot.state, State::Free) {
            State::Answered(reply) => {
                slot.uses += 1;
                self.free.push(at);
                Poll::Ready(reply)
            }
            State::Free | State::Waiting(_) => {
                slot.state = State::Waiting(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}
