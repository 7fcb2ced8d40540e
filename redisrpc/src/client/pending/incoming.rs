//! A stream as it comes in.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::wire::stream::Part;

/// The parts of a stream that were not handed over yet, in order.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) parts: VecDeque<Bytes>,
    /// How many came, up to the first that has not.
    arrived: u64,
    /// Those that overtook another.
    early: BTreeMap<u64, Bytes>,
    last: Option<(u64, Bytes)>,
    /// Who sends it, once that is known.
    pub(super) server: Option<Box<str>>,
    /// How many items may come in all.
    pub(super) credit: u64,
}

/// What a message is to its stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// A part, or word that there will be more.
    Part,
    /// One that came before, or too early.
    Nothing,
    /// The last: it ends the call when the others have been handed over.
    End(Bytes),
}

impl Incoming {
    pub(super) fn new(credit: u64) -> Self {
        Self {
            parts: VecDeque::new(),
            arrived: 0,
            early: BTreeMap::new(),
            last: None,
            server: None,
            credit,
        }
    }

    pub(super) fn take_in(&mut self, message: Bytes) -> Came {
        let part = Part::read(&message);
        let number = part.number;
        if let Some(server) = &part.server {
            self.server = Some(server.as_str().into());
        }
        if part.items.is_none() {
            // One of another server, which knows of no parts, is the last all the same.
            if number <= self.arrived {
                return Came::End(message);
            }
            self.last = Some((number, message));
            return Came::Nothing;
        }
        if part.is_empty() {
            // It says how many there were; if some are missing, it is no comfort.
            return match number == self.arrived {
                true => Came::Part,
                false => Came::Nothing,
            };
        }
        if number != self.arrived {
            if number > self.arrived {
                self.early.insert(number, message);
            }
            return Came::Nothing;
        }
        self.next_is(message);
        while let Some(next) = self.early.remove(&self.arrived) {
            self.next_is(next);
        }
        match self.last.take_if(|(number, _)| *number == self.arrived) {
            Some((_, last)) => Came::End(last),
            None => Came::Part,
        }
    }

    fn next_is(&mut self, part: Bytes) {
        self.parts.push_back(part);
        self.arrived += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u64, items: &str) -> Bytes {
        format!(r#"{{"id":1,"part":{number},"items":[{items}]}}"#).into()
    }

    fn last(number: u64) -> Bytes {
        format!(r#"{{"id":1,"part":{number},"return_value":[]}}"#).into()
    }

    #[test]
    fn parts_are_put_in_order_and_each_is_handed_over_once() {
        let mut incoming = Incoming::new(8);
        assert_eq!(incoming.take_in(part(0, "0")), Came::Part);
        assert_eq!(incoming.take_in(part(0, "0")), Came::Nothing, "again");
        assert_eq!(incoming.take_in(part(2, "2")), Came::Nothing, "early");
        assert_eq!(incoming.take_in(last(3)), Came::Nothing, "early");
        assert_eq!(incoming.take_in(part(1, "1")), Came::End(last(3)));
        assert_eq!(incoming.parts, [part(0, "0"), part(1, "1"), part(2, "2")]);
    }

    #[test]
    fn word_that_the_server_is_there_is_none_while_a_part_is_missing() {
        let mut incoming = Incoming::new(8);
        let sign = r#"{"id":1,"part":0,"server":"b","items":[]}"#;
        assert_eq!(incoming.take_in(sign.into()), Came::Part);
        assert_eq!(incoming.server.as_deref(), Some("b"));
        assert_eq!(incoming.take_in(part(1, "")), Came::Nothing);
        assert_eq!(incoming.take_in(part(0, "0")), Came::Part);
        assert_eq!(incoming.take_in(part(1, "")), Came::Part);
        assert_eq!(incoming.parts.len(), 1);
    }

    #[test]
    fn a_reply_without_parts_ends_it_at_once() {
        let reply = Bytes::from(r#"{"id":1,"exception":"interrupted"}"#);
        let mut incoming = Incoming::new(8);
        assert_eq!(incoming.take_in(reply.clone()), Came::End(reply.clone()));
        incoming.take_in(part(0, "0"));
        assert_eq!(incoming.take_in(reply.clone()), Came::End(reply));
    }
}
