//! What servers say about themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Histogram;

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Its name, which no other server has: another one after each start.
    pub id: String,
    /// The queue it serves; of a server with shards, one of them.
    pub queue: String,
    /// The trait or type that its service was written as.
    pub service: String,
    /// The version of the package that defines the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What serves it, and in which version: `redisrpc 0.1.0`.
    pub library: String,
    /// The [fingerprint](crate::descriptor::ServiceDescriptor::fingerprint) of its
    /// contract, in 16 hexadecimal digits.
    pub fingerprint: String,
    /// The machine it runs on.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// When it began to serve, in milliseconds of Redis' time.
    pub started: u64,
    /// When it said this, in milliseconds of Redis' time.
    pub time: u64,
    /// Whether it takes requests.
    pub state: State,
    /// Most requests it runs at once.
    pub concurrency: usize,
    /// Requests that it was running when it said this.
    pub in_flight: u64,
    /// What becomes of its requests if it dies: `reported` or `at most once`.
    pub delivery: String,
    /// What it has done since it started, by the names of methods; only those that
    /// were called.
    #[serde(default)]
    pub methods: BTreeMap<String, MethodStats>,
}

/// Whether a server takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum State {
    /// It does.
    Running,
    /// It was told not to, and lives.
    Quiet,
    /// It answers what it has taken, and ends.
    Stopping,
}

/// What a server has done for one method since it started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MethodStats {
    /// Requests that it has begun to run.
    pub calls: u64,
    /// Those of them that ended with an exception of any kind.
    #[serde(default)]
    pub errors: u64,
    /// Those that ended because the method panicked.
    #[serde(default)]
    pub panics: u64,
    /// How long they took: all, while there are fewer than a thousand a second, and
    /// else one of 64.
    #[serde(default)]
    pub latency: Histogram,
}

/// Which server answered [`Client::ping`](crate::Client::ping).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pong {
    /// The name of the server that answered.
    pub server: String,
    /// The queue it serves.
    pub queue: String,
    /// The trait or type that its service was written as.
    pub service: String,
    /// The version of the package that defines the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What serves it, and in which version.
    pub library: String,
    /// When it answered, in milliseconds of Redis' time.
    pub time: u64,
}
