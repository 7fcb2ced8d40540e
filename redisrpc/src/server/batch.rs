//! The replies of one write, and what becomes of them.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{
    error::{Refusal, TransportError},
    transport::{
        List, Push, Refused,
        gather::{Gather, Message},
    },
};

/// Room made for each reply of a write, in bytes.
const ROOM: usize = 64;

/// How long a reply list may stand unread. Old Ruby and PHP clients round their
/// waits down, and a client that lost its connection needs time to return.
const UNREAD: Duration = Duration::from_secs(60);

/// How often a reply may break the connection it is written to.
const MOST_ATTEMPTS: u32 = 3;

/// Replies that were never written, and their lists.
pub(super) type Fresh = VecDeque<(List, Message)>;

/// Replies whose write failed.
pub(super) type Again = VecDeque<(Push, Past)>;

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

/// Replies that leave in one write.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pushes: Vec<Push>,
    pasts: Vec<Past>,
}

impl Batch {
    pub(super) fn take_fresh(&mut self, fresh: &mut Fresh) {
        self.clear();
        let mut write = Gather::with_room(fresh.len(), ROOM);
        while !write.is_full() {
            let Some((list, reply)) = fresh.pop_front() else {
                break;
            };
            write.add(&list, &reply);
            self.pasts.push(Past::default());
        }
        self.pushes.extend(write.into_pushes(Some(UNREAD)));
    }

    pub(super) fn take_again(&mut self, again: &mut Again) {
        self.clear();
        let now = Instant::now();
        let useless = |past: &Past| past.useless.is_some_and(|useless| useless <= now);
        again.retain(|(_, past)| !useless(past));
        let mut write = Gather::with_room(again.len(), 0);
        while !write.is_full()
            && let Some((_, past)) = again.front()
            // A suspect goes alone: as the first, or not yet.
            && (self.pasts.is_empty() || !past.suspect)
            && let Some((push, past)) = again.pop_front()
        {
            write.add(&push.list, &Message::Large(push.message));
            self.pasts.push(past);
            if past.suspect {
                break;
            }
        }
        self.pushes.extend(write.into_pushes(Some(UNREAD)));
    }

    fn clear(&mut self) {
        self.pushes.clear();
        self.pasts.clear();
    }

    pub(super) fn pushes(&self) -> &[Push] {
        &self.pushes
    }

    /// What is to be written again after this outcome, and whether all is well. A
    /// reply that is written twice does no harm: its reader takes one and is gone.
    pub(super) fn settle(
        &self,
        outcome: Result<Refused, TransportError>,
    ) -> (Vec<(Push, Past)>, Result<(), TransportError>) {
        match outcome {
            Ok(refused) => self.refused(refused),
            Err(error) => {
                let replies = self.pushes.iter().zip(&self.pasts);
                let again = replies.filter_map(|(push, past)| self.failed(push, *past, &error));
                (again.collect(), Err(error))
            }
        }
    }

    /// One of the replies of a write that failed, unless it is given up.
    fn failed(&self, push: &Push, past: Past, error: &TransportError) -> Option<(Push, Past)> {
        let past = match error.may_have_been_sent() {
            true => past.suspected(self.pushes.len() == 1),
            false => past,
        };
        if past.attempts < MOST_ATTEMPTS {
            return Some((push.clone(), past.written_by(Instant::now() + UNREAD)));
        }
        let (list, bytes) = (&push.list, push.message.len());
        tracing::error!(%list, bytes, "gave up a reply that breaks the connection");
        None
    }

    fn refused(&self, refused: Refused) -> (Vec<(Push, Past)>, Result<(), TransportError>) {
        let (mut again, mut outcome) = (Vec::new(), Ok(()));
        for (index, error) in refused {
            let push = &self.pushes[index];
            if error.refusal() == Refusal::None {
                let list = &push.list;
                tracing::warn!(error = error.report(), %list, "Redis refused a reply");
            } else {
                let past = self.pasts[index].written_by(Instant::now() + UNREAD);
                again.push((push.clone(), past));
                outcome = Err(error);
            }
        }
        (again, outcome)
    }
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
