//! Own queues of calls that have ended while a server may still answer them: plain
//! data, no I/O.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use super::pending::CallId;
use crate::transport::List;

/// How long a late reply is waited for, to be deleted: old servers give it no expiry.
const LINGER: Duration = Duration::from_secs(60);

/// Own queues that are watched though their calls have ended.
#[derive(Debug, Default)]
pub(super) struct Lingering {
    queues: HashMap<CallId, List>,
    /// Those there are, and some that are there no more.
    until: VecDeque<(Instant, CallId)>,
}

impl Lingering {
    pub(super) fn add(&mut self, id: CallId, own_queue: List, now: Instant) {
        self.queues.insert(id, own_queue);
        self.until.push_back((now + LINGER, id));
    }

    /// The call was answered after all; its own queue, to be watched no more.
    pub(super) fn remove(&mut self, id: CallId) -> Option<List> {
        let queue = self.queues.remove(&id);
        if self.queues.is_empty() {
            self.until.clear();
        }
        queue
    }

    /// When to look at it again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.until.front().map(|(until, _)| *until)
    }

    /// Those that have been watched for long enough.
    pub(super) fn over(&mut self, now: Instant) -> Vec<List> {
        let mut over = Vec::new();
        while let Some(&(until, id)) = self.until.front() {
            if until > now {
                break;
            }
            self.until.pop_front();
            over.extend(self.queues.remove(&id));
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_over_once_after_a_while_or_when_a_late_reply_came() {
        let mut lingering = Lingering::default();
        let start = Instant::now();
        let [one, two, three] = [1, 2, 3].map(CallId);
        for id in [one, two, three] {
            lingering.add(id, id.0.to_string().into(), start);
        }
        assert_eq!(lingering.remove(two).as_deref(), Some("2"));
        assert_eq!(lingering.remove(two), None);
        assert_eq!(lingering.next(), Some(start + LINGER));
        assert!(lingering.over(start).is_empty());
        let over = lingering.over(start + LINGER);
        assert_eq!(
            over.iter().map(|list| &**list).collect::<Vec<_>>(),
            ["1", "3"]
        );
        assert_eq!(lingering.next(), None);
    }
}
