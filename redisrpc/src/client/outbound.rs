//! The calls to be written, and who is to write them: plain data, no I/O.
//!
//! Two tasks can. The reader of replies takes calls along with its next pop, both
//! in one write over one connection; while it blocks there, the writer takes them
//! over another. Never both at a time: calls arrive in the order they were made.

use std::collections::VecDeque;

use super::pending::CallId;

#[derive(Debug, Default)]
pub(super) struct Outbound {
    calls: VecDeque<CallId>,
    reader: Reader,
    writer: Writer,
}

/// What the reader of replies is doing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// No call waits; the next one wakes it.
    #[default]
    Asleep,
    /// It will take what there is along with its next pop.
    Awake,
    /// It has written calls, and Redis has not said that it has them.
    Pushing,
    /// It blocks in a pop.
    Popping,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    #[default]
    Asleep,
    Told,
    /// It has written calls, and Redis has not said that it has them.
    Pushing,
}

/// Who is to be told of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    Reader,
    Writer,
}

impl Outbound {
    /// Adds a call; whom to tell of it, if anyone.
    pub(super) fn add(&mut self, id: CallId) -> Option<Tell> {
        self.calls.push_back(id);
        if self.reader == Reader::Asleep {
            self.reader = Reader::Awake;
            return Some(Tell::Reader);
        }
        self.tell_writer()
    }

    /// Puts calls back to where they were taken from.
    pub(super) fn put_back(&mut self, ids: impl DoubleEndedIterator<Item = CallId>) {
        ids.rev().for_each(|id| self.calls.push_front(id));
    }

    /// Tells the writer if there is something for it and it does not know.
    fn tell_writer(&mut self) -> Option<Tell> {
        let tell = self.reader == Reader::Popping
            && self.writer == Writer::Asleep
            && !self.calls.is_empty();
        tell.then(|| {
            self.writer = Writer::Told;
            Tell::Writer
        })
    }

    /// How many calls there are.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// The next call.
    pub(super) fn next(&mut self) -> Option<CallId> {
        self.calls.pop_front()
    }

    // ===== the reader =====

    /// It has nothing to wait for.
    pub(super) fn reader_sleeps(&mut self) {
        self.reader = Reader::Asleep;
    }

    /// Whether it may take calls along.
    pub(super) fn reader_may(&self) -> bool {
        self.writer != Writer::Pushing
    }

    /// It begins a pop, with or without calls; whom to tell of those it did not take.
    pub(super) fn reader_begins(&mut self, with_calls: bool) -> Option<Tell> {
        self.reader = match with_calls {
            true => Reader::Pushing,
            false => Reader::Popping,
        };
        self.tell_writer()
    }

    /// It knows what came of its calls; whom to tell of those made meanwhile.
    pub(super) fn reader_pushed(&mut self) -> Option<Tell> {
        self.reader_begins(false)
    }

    /// It is back from its pop.
    pub(super) fn reader_returns(&mut self) {
        self.reader = Reader::Awake;
    }

    // ===== the writer =====

    /// Whether it is to write what there is. It is told again of more.
    pub(super) fn writer_may(&mut self) -> bool {
        let may = self.reader == Reader::Popping && !self.calls.is_empty();
        self.writer = match may {
            true => Writer::Pushing,
            false => Writer::Asleep,
        };
        may
    }

    /// It knows what came of its calls, and waits a while before it tries again:
    /// meanwhile the reader may.
    pub(super) fn writer_rests(&mut self) {
        self.writer = Writer::Told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls<const N: usize>(outbound: &mut Outbound, ids: [u64; N]) -> [Option<Tell>; N] {
        ids.map(|id| outbound.add(CallId(id)))
    }

    fn rest(outbound: &mut Outbound) -> Vec<u64> {
        std::iter::from_fn(|| outbound.next())
            .map(|id| id.0)
            .collect()
    }

    #[test]
    fn the_first_call_wakes_the_reader_which_takes_all() {
        let mut outbound = Outbound::default();
        assert_eq!(calls(&mut outbound, [1, 2]), [Some(Tell::Reader), None]);
        assert!(!outbound.writer_may() && outbound.reader_may());
        assert_eq!(rest(&mut outbound), [1, 2]);
    }

    #[test]
    fn the_writer_is_told_once_of_calls_made_while_the_reader_blocks() {
        let mut outbound = Outbound::default();
        calls(&mut outbound, [1]);
        outbound.next();
        assert_eq!(outbound.reader_begins(true), None);
        assert_eq!(calls(&mut outbound, [2, 3]), [None, None], "not before it");
        assert_eq!(outbound.reader_pushed(), Some(Tell::Writer));
        assert_eq!(calls(&mut outbound, [4]), [None]);
        assert!(outbound.writer_may());
        assert_eq!(rest(&mut outbound), [2, 3, 4]);
        assert!(!outbound.writer_may());
        assert_eq!(calls(&mut outbound, [5]), [Some(Tell::Writer)]);
    }

    #[test]
    fn the_reader_takes_no_calls_while_the_writer_writes() {
        let mut outbound = Outbound::default();
        outbound.reader_begins(false);
        calls(&mut outbound, [1]);
        assert!(outbound.writer_may());
        outbound.next();
        calls(&mut outbound, [2]);
        outbound.reader_returns();
        assert!(!outbound.reader_may());
        assert_eq!(outbound.reader_begins(false), None, "it comes by itself");
        assert!(outbound.writer_may());
    }

    #[test]
    fn calls_that_are_put_back_come_first() {
        let mut outbound = Outbound::default();
        calls(&mut outbound, [3]);
        outbound.put_back([CallId(1), CallId(2)].into_iter());
        assert_eq!(rest(&mut outbound), [1, 2, 3]);
    }
}
