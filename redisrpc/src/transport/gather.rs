//! Gathering the messages of one write: small ones share one buffer.

use std::{ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{List, Push};

/// Most messages in one write.
const MOST: usize = 1024;

/// Size at which a write takes no further message, in bytes: large ones do not
/// hold up each other, nor fill Redis' buffer for one connection.
const MOST_BYTES: usize = 1024 * 1024;

/// Size from which a message is shared instead of copied, in bytes.
const LARGE: usize = 4096;

/// A message that waits to be written.
#[derive(Debug)]
pub(crate) enum Message {
    /// Small enough to be copied into a write.
    Small(Vec<u8>),
    Large(Bytes),
}

impl From<Vec<u8>> for Message {
    fn from(message: Vec<u8>) -> Self {
        if message.len() < LARGE {
            Self::Small(message)
        } else {
            Self::Large(message.into())
        }
    }
}

impl Message {
    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Small(message) => Bytes::copy_from_slice(message),
            Self::Large(message) => message.clone(),
        }
    }
}

/// Messages that are to leave in one write.
#[derive(Debug)]
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
    /// With room for so many messages, or as many as fit, of about so many bytes.
    pub(crate) fn with_room(messages: usize, bytes: usize) -> Self {
        let messages = messages.min(MOST);
        Self {
            small: Vec::with_capacity(messages * bytes),
            parts: Vec::with_capacity(messages),
            bytes: 0,
        }
    }

    /// Whether no further message is to be added.
    pub(crate) fn is_full(&self) -> bool {
        self.parts.len() >= MOST || self.bytes >= MOST_BYTES
    }

    pub(crate) fn add(&mut self, list: &List, message: &Message) {
        let part = match message {
            Message::Small(message) => {
                let from = self.small.len();
                self.small.extend_from_slice(message);
                self.bytes += message.len();
                Part::Small(from..self.small.len())
            }
            Message::Large(message) => {
                self.bytes += message.len();
                Part::Large(message.clone())
            }
        };
        self.parts.push((Arc::clone(list), part));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_any_size_leave_in_their_order_as_they_are() {
        let lengths = [0, 1, LARGE - 1, LARGE, 7];
        let list = List::from("a");
        let mut write = Gather::with_room(1, 1);
        for length in lengths {
            let message = Message::from(vec![b'x'; length]);
            assert_eq!(message.bytes().len(), length);
            write.add(&list, &message);
        }
        let lasting = Some(Duration::from_secs(1));
        let pushes: Vec<_> = write.into_pushes(lasting).collect();
        assert!(pushes.iter().all(|push| push.expire == lasting));
        assert!(pushes.iter().map(|push| push.message.len()).eq(lengths));
    }

    #[test]
    fn a_write_is_full_by_count_and_by_size() {
        let list = List::from("a");
        for (length, most) in [(1, MOST), (MOST_BYTES / 2, 2), (MOST_BYTES + 1, 1)] {
            let mut write = Gather::with_room(MOST, 1);
            let message = Message::from(vec![b'x'; length]);
            for _ in 0..most {
                assert!(!write.is_full(), "{length}");
                write.add(&list, &message);
            }
            assert!(write.is_full(), "{length}");
        }
    }
}
