//! The replies of one write, the receipts given back with them, and what becomes
//! of both.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::progress::{self, Receipt};
use crate::{
    error::{Refusal, TransportError},
    transport::{
        List, Push, Refused, Write, Written,
        gather::{Gather, Message},
        keeper::Done,
    },
};

/// Room made for each reply of a write, in bytes.
const ROOM: usize = 64;

/// How long a reply list may stand unread. Old Ruby and PHP clients round their
/// waits down, and a client that lost its connection needs time to return.
const UNREAD: Duration = Duration::from_secs(60);

/// How often a reply may break the connection it is written to.
const MOST_ATTEMPTS: u32 = 3;

/// A reply that was never written, and its list.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) list: List,
    pub(super) reply: Message,
    pub(super) receipt: Option<Receipt>,
}

/// A reply whose write failed.
#[derive(Debug)]
pub(super) struct Again {
    push: Push,
    past: Past,
    receipt: Option<Receipt>,
}

/// What is left of a write.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) again: Vec<Again>,
    /// Receipts that are still to be given back.
    pub(super) receipts: Vec<Receipt>,
}

/// What a reply has been through.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Past {
    /// When its reader will have gone; told from the first write that failed.
    useless: Option<Instant>,
    /// Whether it was in a write that came to an unknown end: it may be what broke
    /// the connection, so it goes alone.
    suspect: bool,
    /// How often a write of it alone came to an unknown end.
    attempts: u32,
}

/// Replies and receipts that leave in one write.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pushes: Vec<Push>,
    pasts: Vec<Past>,
    done: Done,
    receipts: Mutex<Receipts>,
}

#[derive(Debug, Default)]
struct Receipts {
    /// Those of the replies, as many.
    of_replies: Vec<Option<Receipt>>,
    /// Those of requests that get no reply, or got theirs.
    bare: Vec<Receipt>,
}

impl Receipts {
    fn all(&self) -> Vec<&Receipt> {
        let mut receipts = Vec::with_capacity(self.of_replies.len() + self.bare.len());
        receipts.extend(self.of_replies.iter().flatten());
        receipts.extend(&self.bare);
        receipts
    }

    fn take(&mut self) -> Vec<Receipt> {
        let mut receipts = std::mem::take(&mut self.bare);
        receipts.reserve(self.of_replies.len());
        receipts.extend(self.of_replies.drain(..).flatten());
        receipts
    }
}

impl Batch {
    pub(super) fn take_fresh(&mut self, fresh: &mut VecDeque<Fresh>, bare: &mut Vec<Receipt>) {
        self.clear();
        let receipts = lock(&mut self.receipts);
        let mut write = Gather::with_room(fresh.len(), ROOM);
        self.pasts.reserve(fresh.len());
        receipts.of_replies.reserve(fresh.len());
        while !write.is_full() {
            let Some(next) = fresh.pop_front() else {
                break;
            };
            write.add(&next.list, &next.reply);
            self.pasts.push(Past::default());
            receipts.of_replies.push(next.receipt);
        }
        self.fill(write, bare);
    }

    pub(super) fn take_again(&mut self, again: &mut VecDeque<Again>, bare: &mut Vec<Receipt>) {
        self.clear();
        let receipts = lock(&mut self.receipts);
        let now = Instant::now();
        let mut write = Gather::with_room(again.len(), 0);
        while !write.is_full()
            && let Some(next) = again.front()
            // A suspect goes alone: as the first, or not yet.
            && (self.pasts.is_empty() || !next.past.suspect)
            && let Some(next) = again.pop_front()
        {
            if next.past.useless.is_some_and(|useless| useless <= now) {
                bare.extend(next.receipt);
                continue;
            }
            write.add(&next.push.list, &Message::Large(next.push.message));
            self.pasts.push(next.past);
            receipts.of_replies.push(next.receipt);
            if next.past.suspect {
                break;
            }
        }
        self.fill(write, bare);
    }

    fn clear(&mut self) {
        self.pushes.clear();
        self.pasts.clear();
        lock(&mut self.receipts).of_replies.clear();
    }

    /// Adds what follows from the replies it takes, whose receipts it has.
    fn fill(&mut self, write: Gather, bare: &mut Vec<Receipt>) {
        self.pushes.extend(write.into_pushes(Some(UNREAD)));
        let receipts = lock(&mut self.receipts);
        receipts.bare.append(bare);
        self.done = progress::to_note(receipts.all());
    }

    pub(super) fn write(&self) -> Write<'_> {
        Write {
            pushes: &self.pushes,
            done: Some(&self.done),
        }
    }

    /// Whether there is nothing in it, not even a receipt.
    pub(super) fn is_empty(&mut self) -> bool {
        self.pushes.is_empty() && lock(&mut self.receipts).bare.is_empty()
    }

    /// What is left of it after this outcome, and whether all is well. A reply that
    /// is written twice does no harm: its reader takes one and is gone.
    pub(super) fn settle(
        &self,
        outcome: Result<Written, TransportError>,
    ) -> (Left, Result<(), TransportError>) {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let receipts = &mut *receipts;
        let noted = matches!(&outcome, Ok(written) if written.undone.is_none());
        if !noted {
            progress::not_noted(&receipts.all());
        }
        let (again, outcome) = match outcome {
            Ok(written) => {
                let (again, outcome) = self.refused(written.refused, receipts);
                (again, outcome.and(written.undone.map_or(Ok(()), Err)))
            }
            Err(error) => (self.failed(&error, receipts), Err(error)),
        };
        let receipts = match noted {
            true => progress::settle(receipts.take()),
            false => receipts.take(),
        };
        (Left { again, receipts }, outcome)
    }

    /// The replies of a write that failed, without those that are given up.
    fn failed(&self, error: &TransportError, receipts: &mut Receipts) -> Vec<Again> {
        let alone = self.pushes.len() == 1;
        let useless = Instant::now() + UNREAD;
        let mut again = Vec::with_capacity(self.pushes.len());
        for (index, push) in self.pushes.iter().enumerate() {
            let past = match error.may_have_been_sent() {
                true => self.pasts[index].suspected(alone),
                false => self.pasts[index],
            };
            if past.attempts < MOST_ATTEMPTS {
                again.push(Again {
                    push: push.clone(),
                    past: past.written_by(useless),
                    receipt: receipts.of_replies[index].take(),
                });
            } else {
                let (list, bytes) = (&push.list, push.message.len());
                tracing::error!(%list, bytes, "gave up a reply that breaks the connection");
            }
        }
        again
    }

    /// The replies that Redis refused and may take later.
    fn refused(
        &self,
        refused: Refused,
        receipts: &mut Receipts,
    ) -> (Vec<Again>, Result<(), TransportError>) {
        let (mut again, mut outcome) = (Vec::new(), Ok(()));
        for (index, error) in refused {
            let push = &self.pushes[index];
            if error.refusal() == Refusal::ForGood {
                let list = &push.list;
                tracing::warn!(error = error.report(), %list, "Redis refused a reply");
            } else {
                again.push(Again {
                    push: push.clone(),
                    past: self.pasts[index].written_by(Instant::now() + UNREAD),
                    receipt: receipts.of_replies[index].take(),
                });
                outcome = Err(error);
            }
        }
        (again, outcome)
    }
}

fn lock(receipts: &mut Mutex<Receipts>) -> &mut Receipts {
    receipts.get_mut().unwrap_or_else(PoisonError::into_inner)
}

impl Past {
    /// To be written until then at the latest, if that was not said before.
    fn written_by(mut self, useless: Instant) -> Self {
        self.useless.get_or_insert(useless);
        self
    }

    /// After one more write that came to an unknown end.
    fn suspected(self, alone: bool) -> Self {
        Self {
            suspect: true,
            attempts: self.attempts + u32::from(alone),
            ..self
        }
    }
}
