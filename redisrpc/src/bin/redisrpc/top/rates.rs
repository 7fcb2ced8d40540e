//! What servers did lately, by what they say of all they ever did.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use redisrpc::discovery::{Histogram, ServerInfo};

use crate::survey::Queue;

/// What was done in some time.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// Calls a second.
    pub(super) rate: f64,
    /// Those of them that failed.
    pub(super) errors: f64,
    pub(super) latency: Histogram,
}

impl Work {
    pub(super) fn percentile(&self, part: f64) -> Option<Duration> {
        self.latency.percentile(part)
    }

    fn add(&mut self, other: &Self) {
        self.rate += other.rate;
        self.errors += other.errors;
        self.latency.merge(&other.latency);
    }
}

/// What the servers of one queue did.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    pub(super) all: Work,
    pub(super) methods: BTreeMap<String, Work>,
}

impl Load {
    /// On the average of all the time since each server started.
    pub(super) fn since_start(queue: &Queue) -> Self {
        let mut load = Self::default();
        for server in &queue.servers {
            load.add(server, None);
        }
        load
    }

    /// Adds what a server did since it was so.
    fn add(&mut self, now: &ServerInfo, earlier: Option<&ServerInfo>) {
        let since = earlier.map_or(now.started, |earlier| earlier.time);
        let seconds = now.time.saturating_sub(since).max(1) as f64 / 1000.0;
        for (name, stats) in &now.methods {
            let before = earlier.and_then(|it| it.methods.get(name)).cloned();
            let before = before.unwrap_or_default();
            let per_second = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
            let work = Work {
                rate: per_second(stats.calls, before.calls),
                errors: per_second(stats.errors, before.errors),
                latency: stats.latency.since(&before.latency),
            };
            self.methods.entry(name.clone()).or_default().add(&work);
            self.all.add(&work);
        }
    }
}

/// Remembers what servers said before.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// The last two that differ.
    said: HashMap<String, (Option<ServerInfo>, ServerInfo)>,
}

impl Rates {
    /// What the servers of a queue did between their last two beats, or, of those
    /// that beat once, since they started.
    pub(super) fn of(&mut self, queue: &Queue) -> Load {
        let mut load = Load::default();
        for server in &queue.servers {
            let said = self.said.entry(server.id.clone());
            let (earlier, last) = said.or_insert_with(|| (None, server.clone()));
            if last.time != server.time {
                *earlier = Some(std::mem::replace(last, server.clone()));
            }
            load.add(last, earlier.as_ref());
        }
        load
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn queue(time: u64, calls: u64, errors: u64) -> Queue {
        let server = json!({
            "id": "c0ffee", "queue": "calc", "service": "Calculator", "library": "redisrpc",
            "fingerprint": "", "host": "here", "pid": 1, "started": 1000, "time": time,
            "state": "running", "concurrency": 1, "in_flight": 0, "delivery": "reported",
            "methods": { "add": { "calls": calls, "errors": errors, "latency": { "40": calls } } },
        });
        Queue {
            name: "calc".to_owned(),
            servers: vec![serde_json::from_value(server).unwrap()],
            waiting: 0,
            oldest: None,
            dead: 0,
            now: time,
        }
    }

    #[test]
    fn rates_are_those_between_two_beats() {
        let mut rates = Rates::default();
        let first = rates.of(&queue(2_000, 10, 0));
        assert!((first.all.rate - 10.0).abs() < 1e-9, "since it started");
        // Looked at again before the next beat: nothing changes.
        assert!((rates.of(&queue(2_000, 10, 0)).all.rate - 10.0).abs() < 1e-9);
        let second = rates.of(&queue(4_000, 110, 20));
        assert!((second.all.rate - 50.0).abs() < 1e-9);
        assert!((second.methods["add"].errors - 10.0).abs() < 1e-9);
        assert_eq!(second.all.latency.count(), 100);
    }
}
