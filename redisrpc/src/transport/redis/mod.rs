//! Redis. The `redis` crate's types go no further than this folder.
//!
//! One shared connection carries every command that answers at once, and the
//! notices of watched lists (RESP3 client tracking: Redis remembers who asked for
//! a key and says once that it changed). Each [`Popper`] blocks on one of its own,
//! which carries pushes too while it does not block: it is the hot path, and
//! speaks RESP by itself.

#[cfg(feature = "cli")]
mod admin;
mod cluster;
mod connection;
mod endpoint;
mod groups;
mod hosts;
mod keeper;
mod line;
mod link;
mod patience;
mod popper;
mod registry;
mod resp;
mod scripts;
mod sentinel;
mod slots;
mod socket;
#[cfg(feature = "tls")]
mod tls;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::{Pipeline, RedisError, Value};
use tokio::sync::mpsc;

pub(crate) use self::cluster::Cluster;
#[cfg(fuzzing)]
pub(crate) use self::resp::assert_cuts_do_not_matter;
use self::{
    connection::{Endpoint, Lane},
    groups::Groups,
    keeper::all_well,
    link::{PUSH, RedisPusher},
    popper::RedisPopper,
};
use super::{
    Address, List, Notice, Popper, Push, Pusher, Taken, Transport, Written, keeper::Keeper,
    registry::Registry,
};
use crate::{
    deadline::{Clock, RedisTime},
    error::{Error, Refusal, TransportError},
};

/// How much of a queue is searched from either end for a request to withdraw, so
/// that many timeouts cannot keep Redis busy walking a long queue.
const SEARCHED: usize = 1024;

/// How long a measured distance to Redis' clock is trusted. Asking again costs
/// nothing in a write that is made anyway.
const CLOCK_TRUSTED: Duration = Duration::from_secs(1);

/// A Redis server.
pub(crate) struct Redis {
    shared: Arc<Lane>,
    endpoint: Arc<Endpoint>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects to the server at this address.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address that is none or a server that is too
    /// old, [`Error::Transport`] for one that does not answer.
    pub(crate) async fn connect(address: &Address) -> Result<Arc<Self>, Error> {
        let redis = Self::at(Endpoint::parse(address)?);
        let connected = redis.shared.connection("connect to Redis").await;
        connected.map_err(Error::Transport)?;
        redis.check_version().await?;
        Ok(redis)
    }

    /// The server at `endpoint`, to be connected to when it is first used.
    fn at(endpoint: Endpoint) -> Arc<Self> {
        let endpoint = Arc::new(endpoint);
        let shared = Arc::new(Lane::new(Arc::clone(&endpoint), "redisrpc:write"));
        Arc::new(Self { shared, endpoint })
    }

    /// Reads an address as [`connect`](Self::connect) does.
    #[cfg(fuzzing)]
    pub(crate) fn check_address(url: &str) -> Result<(), Error> {
        Endpoint::parse(&Address::from(url)).map(drop)
    }

    /// `BLMPOP` came with Redis 7.0. Where `INFO` is forbidden, the pops will tell.
    async fn check_version(&self) -> Result<(), Error> {
        let mut info = redis::pipe();
        info.cmd("INFO").arg("server");
        let Ok(answers) = self.shared.run("ask for Redis' version", &info, 1).await else {
            return Ok(());
        };
        let info: String =
            redis::from_redis_value(answers.into_iter().next().unwrap_or(Value::Nil))
                .unwrap_or_default();
        let version = info
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        match (version, major) {
            (Some(version), Some(..7)) => Err(Error::Invalid(format!(
                "this server is Redis {version}; redisrpc needs Redis 7.0 or newer, or Valkey"
            ))),
            _ => Ok(()),
        }
    }

    /// Runs a pipeline on the shared connection: one answer per command.
    async fn run(
        &self,
        operation: &'static str,
        pipe: &Pipeline,
        commands: usize,
    ) -> Result<Vec<Value>, TransportError> {
        if commands == 0 {
            return Ok(Vec::new());
        }
        self.shared.run(operation, pipe, commands).await
    }
}

impl Transport for Redis {
    fn clock(&self) -> &Clock {
        &self.endpoint.clock
    }

    fn ask_time(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async {
            let asked = Instant::now();
            let mut pipe = redis::pipe();
            pipe.cmd("TIME");
            let mut answers = self.run("ask for Redis' time", &pipe, 1).await?;
            if let Some(time) = answers.pop() {
                self.endpoint.learn_time(time, asked);
            }
            Ok(())
        })
    }

    fn push<'a>(&'a self, batch: &'a [Push]) -> BoxFuture<'a, Result<Written, TransportError>> {
        Box::pin(async move {
            let groups = Groups::of(batch);
            let mut pipe = redis::pipe();
            let mut commands = 0;
            for group in groups.iter() {
                let command = pipe.cmd("RPUSH").arg(&**group.list());
                for message in group.messages() {
                    command.arg(message);
                }
                if let Some(expire) = group.expire() {
                    pipe.cmd("PEXPIRE").arg(&**group.list()).arg(millis(expire));
                }
                commands += group.commands();
            }
            let asked = self.endpoint.wants_time().then(Instant::now);
            if asked.is_some() {
                pipe.cmd("TIME");
                commands += 1;
            }
            let mut answers = self.run(PUSH, &pipe, commands).await?;
            if let (Some(asked), Some(time)) = (asked, answers.pop_if(|_| asked.is_some())) {
                self.endpoint.learn_time(time, asked);
            }
            let mut answers = answers.into_iter();
            let lengths = groups.iter().map(|group| {
                let length = match answers.next() {
                    Some(Value::ServerError(error)) => Err(connection::refused(PUSH, error)),
                    Some(Value::Int(length)) => Ok(length.unsigned_abs()),
                    _ => Ok(0),
                };
                if group.commands() > 1
                    && let Some(Value::ServerError(error)) = answers.next()
                {
                    self.endpoint.lists_stay(&RedisError::from(error));
                }
                length
            });
            Ok(groups.written(lengths))
        })
    }

    fn withdraw<'a>(
        &'a self,
        batch: &'a [(List, Bytes)],
    ) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            for (list, message) in batch {
                for rank in [1, -1] {
                    pipe.cmd("LPOS").arg(&**list).arg(&message[..]);
                    pipe.arg("RANK").arg(rank).arg("MAXLEN").arg(SEARCHED);
                }
            }
            let places = self.run("search a queue", &pipe, 2 * batch.len()).await?;
            let places = unless_moved("search a queue", places)?;
            let mut pipe = redis::pipe();
            let mut searched = Vec::new();
            for (index, (list, message)) in batch.iter().enumerate() {
                let from_end = match places[2 * index..2 * index + 2] {
                    [Value::Int(_), _] => 1,
                    [_, Value::Int(_)] => -1,
                    _ => continue,
                };
                pipe.cmd("LREM")
                    .arg(&**list)
                    .arg(from_end)
                    .arg(&message[..]);
                searched.push(index);
            }
            let mut found = vec![false; batch.len()];
            if !searched.is_empty() {
                let removed = self
                    .run("withdraw a request", &pipe, searched.len())
                    .await?;
                for (index, removed) in searched.into_iter().zip(removed) {
                    found[index] = matches!(removed, Value::Int(1..));
                }
            }
            Ok(found)
        })
    }

    fn watch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        Box::pin(async move {
            let mut live = self.shared.tracking().await?;
            let mut pipe = redis::pipe();
            pipe.cmd("CLIENT").arg("CACHING").arg("YES");
            pipe.cmd("EXISTS");
            for list in lists {
                pipe.arg(&**list);
            }
            let answers = live.run("watch a list", &pipe, 2).await?;
            let there = integers(answers)?.pop();
            if there == Some(0) || lists.len() == 1 {
                return Ok(vec![there != Some(0); lists.len()]);
            }
            // Some hold something, and Redis does not say which in one answer.
            let mut pipe = redis::pipe();
            for list in lists {
                pipe.cmd("EXISTS").arg(&**list);
            }
            let answers = live.run("watch a list", &pipe, lists.len()).await?;
            let counts = integers(answers)?;
            Ok(counts.into_iter().map(|count| count > 0).collect())
        })
    }

    fn take<'a>(
        &'a self,
        lists: &'a [List],
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<Taken>, TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            for list in lists {
                pipe.cmd("LPOP").arg(&**list).arg(max);
            }
            let answers = self.run("take from a list", &pipe, lists.len()).await?;
            Ok(answers
                .into_iter()
                .map(|answer| messages("take from a list", answer))
                .collect())
        })
    }

    fn unwatch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            // Redis forgets who asked for a key when the key changes, and knows no
            // other way.
            let mut pipe = redis::pipe();
            for list in lists {
                pipe.cmd("SET").arg(&**list).arg(&["", "PX", "1000"]);
                pipe.cmd("DEL").arg(&**list);
            }
            let answers = self.run("unwatch a list", &pipe, 2 * lists.len()).await?;
            unless_moved("unwatch a list", answers).map(|_| ())
        })
    }

    fn delete<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            for list in lists {
                pipe.cmd("DEL").arg(&**list);
            }
            let operation = "delete a list";
            let answers = self.run(operation, &pipe, lists.len()).await?;
            all_well(operation, unless_moved(operation, answers)?)
        })
    }

    fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        self.shared.notify(notices);
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }

    #[cfg(feature = "cli")]
    fn admin(&self) -> Option<&dyn super::admin::Admin> {
        Some(self)
    }

    fn registry(&self) -> &dyn Registry {
        self
    }

    fn pusher(&self, role: &str) -> Box<dyn Pusher> {
        Box::new(RedisPusher::new(Arc::clone(&self.endpoint), role))
    }

    fn popper(&self, role: &str) -> Box<dyn Popper> {
        Box::new(RedisPopper::new(
            Arc::clone(&self.endpoint),
            Arc::clone(&self.shared),
            role,
        ))
    }
}

/// The elements of an answer; none in nil.
fn messages(operation: &'static str, answer: Value) -> Taken {
    match answer {
        Value::Array(elements) => Ok(elements.into_iter().filter_map(message).collect()),
        Value::ServerError(error) => Err(connection::refused(operation, error)),
        _ => Ok(Vec::new()),
    }
}

/// The answers, unless the server said that another one is to be asked, or it later.
fn unless_moved(
    operation: &'static str,
    answers: Vec<Value>,
) -> Result<Vec<Value>, TransportError> {
    let moved = |code| {
        matches!(
            connection::refusal(code),
            Refusal::Moved | Refusal::Failover
        )
    };
    let error = answers.iter().find_map(|answer| match answer {
        Value::ServerError(error) if moved(error.code()) => Some(error),
        _ => None,
    });
    match error {
        Some(error) => Err(connection::refused(operation, error.clone())),
        None => Ok(answers),
    }
}

/// The answers that count something. One that is an error makes all useless:
/// what it was to count may not even be watched.
fn integers(answers: Vec<Value>) -> Result<Vec<i64>, TransportError> {
    let integers = answers.into_iter().map(|answer| match answer {
        Value::ServerError(error) => Err(connection::refused("watch a list", error)),
        Value::Int(count) => Ok(count),
        // What `CLIENT CACHING` answers.
        _ => Ok(0),
    });
    integers.collect()
}

/// A popped element, without copying it.
fn message(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(Bytes::from(bytes)),
        Value::SimpleString(text) => Some(Bytes::from(text)),
        _ => None,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What `TIME` answers: seconds and microseconds.
fn redis_time(answer: Value) -> Option<RedisTime> {
    let (seconds, micros): (u64, u64) = redis::from_redis_value(answer).ok()?;
    Some(RedisTime::of(seconds, micros))
}
