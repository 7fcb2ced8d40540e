//! Gathering the messages of one write: small ones share one buffer.

use std::{ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{List, Push};

/// Size from which a message is shared instead of copied, in bytes.
pub(crate) const LARGE: usize = 4096;

/// Messages that are to leave in one write.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    small: Vec<u8>,
    parts: Vec<(List, Part)>,
    bytes: usize,
}

#[derive(Debug)]
enum Part {
    /// A place in the shared buffer.
    Small(Range<usize>),
    Large(Bytes),
}

impl Gather {
    /// With room for so many messages of about so many bytes.
    pub(crate) fn with_room(messages: usize, bytes: usize) -> Self {
        Self {
            small: Vec::with_capacity(messages * bytes),
            parts: Vec::with_capacity(messages),
            bytes: 0,
        }
    }

    pub(crate) fn copy(&mut self, list: &List, message: &[u8]) {
        let from = self.small.len();
        self.small.extend_from_slice(message);
        self.bytes += message.len();
        let part = Part::Small(from..self.small.len());
        self.parts.push((Arc::clone(list), part));
    }

    pub(crate) fn share(&mut self, list: &List, message: Bytes) {
        self.bytes += message.len();
        self.parts.push((Arc::clone(list), Part::Large(message)));
    }

    /// How many bytes the messages have.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The messages, their lists to stand unread for so long.
    pub(crate) fn into_pushes(self, expire: Option<Duration>) -> impl Iterator<Item = Push> {
        let small = Bytes::from(self.small);
        self.parts.into_iter().map(move |(list, part)| Push {
            list,
            message: match part {
                Part::Small(range) => small.slice(range),
                Part::Large(message) => message,
            },
            expire,
        })
    }
}
