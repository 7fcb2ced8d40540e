//! The reference: redisrpc's protocol without redisrpc.
//!
//! Requests that are waiting leave in one RPUSH; replies come many at a time to
//! one inbox, and find their calls by number; a server answers what it has popped
//! in one write with its next pop. The bytes of requests and replies, their
//! deadlines and the expiry of inboxes are redisrpc's. What is left out: lost
//! connections, dropped calls, handlers that wait, old peers.

pub mod client;
mod pending;
pub mod server;

use std::{
    process,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::io::AsyncWriteExt as _;

use crate::resp::{Answers, Output, words};

/// Longest time a call may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a reply list may stand unread, in milliseconds.
pub const UNREAD: &str = "60000";

/// Redis' clock, by which deadlines are told.
pub struct Clock {
    started: Instant,
    redis_at_start: u64,
}

impl Clock {
    /// Asks Redis for its time.
    pub async fn learned(answers: &mut Answers, output: &mut Output) -> Self {
        let mut out = Vec::new();
        words(&mut out, &["TIME"]);
        output.write_all(&out).await.expect("ask for the time");
        let time = answers.texts().await.expect("the time");
        let [seconds, micros] = [0, 1].map(|at| time[at].parse::<u64>().expect("a number"));
        Self {
            started: Instant::now(),
            redis_at_start: seconds * 1000 + micros / 1000,
        }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.redis_at_start + self.started.elapsed().as_millis() as u64
    }
}

/// A name that no other client has.
pub fn random_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.as_nanos() as u64);
    format!("{nanos:016x}{:08x}", process::id())
}
