//! The servers there are, in Redis.
//!
//! | key | what | expires |
//! |---|---|---|
//! | `redisrpc:{calc}:servers` | hash: each server, and how many lists it may keep | a week after the last beat |
//! | `redisrpc:{calc}:beat:<server>` | exists while the server lives: what it says about itself | with its lease |
//! | `redisrpc:{calc}:orders:<server>` | list: what it was told to do | a minute after the last order |
//! | `redisrpc:queues` | sorted set: the queues, and when each was served last | a week after the last beat of any server |

use std::time::Duration;

use futures_util::future::BoxFuture;
use redis::{Pipeline, Value};

use super::{
    Redis, connection,
    keeper::{LEFT_BEHIND, all_well},
    messages, millis,
    scripts::BEAT,
};
use crate::{
    error::{Refusal, TransportError},
    transport::{
        List,
        registry::{Heard, Holder, Live, MOST_ORDERS, ORDERED, REMEMBERED, Registry},
    },
    wire::names,
};

const LIVES: &str = "say that the server lives";
const LOOK: &str = "look for servers";

impl Redis {
    /// Says that a server lives where Redis has no memory; whether it was known.
    async fn beat_without_memory(
        &self,
        server: &Holder,
        lease: Duration,
        about: &[u8],
    ) -> Result<bool, TransportError> {
        let beat = names::beat(&server.queue, &server.id);
        let keys = [&*beat, &names::servers(&server.queue)];
        let arguments = |pipe: &mut Pipeline| {
            pipe.arg(millis(lease)).arg(&*server.id).arg(server.lists);
            pipe.arg(millis(LEFT_BEHIND)).arg(about);
        };
        let new = self.eval(LIVES, BEAT, &keys, arguments).await?;
        Ok(new == Value::Int(0))
    }

    /// The names of the servers of a queue, of dead ones too.
    async fn known(&self, queue: &str) -> Result<Vec<String>, TransportError> {
        let mut pipe = redis::pipe();
        pipe.cmd("HKEYS").arg(names::servers(queue));
        let ids = self.answer(LOOK, &pipe).await?;
        Ok(redis::from_redis_value(ids).unwrap_or_default())
    }

    /// The answer to one command.
    async fn answer(
        &self,
        operation: &'static str,
        pipe: &Pipeline,
    ) -> Result<Value, TransportError> {
        match self.run(operation, pipe, 1).await?.pop() {
            Some(Value::ServerError(error)) => Err(connection::refused(operation, error)),
            answer => Ok(answer.unwrap_or(Value::Nil)),
        }
    }
}

fn beats(queue: &str, ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| names::beat(queue, id)).collect()
}

impl Registry for Redis {
    fn beat<'a>(
        &'a self,
        server: &'a Holder,
        lease: Duration,
        about: &'a [u8],
    ) -> BoxFuture<'a, Result<Heard, TransportError>> {
        Box::pin(async move {
            let servers = names::servers(&server.queue);
            let beat = names::beat(&server.queue, &server.id);
            let orders = names::orders(&server.queue, &server.id);
            let mut pipe = redis::pipe();
            pipe.cmd("LPOP").arg(orders).arg(MOST_ORDERS);
            pipe.cmd("SET").arg(beat).arg(about);
            pipe.arg("PX").arg(millis(lease));
            pipe.cmd("HSET").arg(&servers).arg(&*server.id);
            pipe.arg(server.lists);
            pipe.cmd("PEXPIRE").arg(&servers).arg(millis(LEFT_BEHIND));
            let mut answers = self.run(LIVES, &pipe, 4).await?.into_iter();
            // One that may not be given orders hears none.
            let orders = messages(LIVES, answers.next().unwrap_or(Value::Nil));
            let orders = orders.unwrap_or_default();
            let answers: Vec<_> = answers.collect();
            // How many fields are new.
            let was_known = answers.get(1) == Some(&Value::Int(0));
            let was_known = match all_well(LIVES, answers) {
                Ok(()) => was_known,
                Err(error) if error.refusal() == Refusal::Overloaded => {
                    self.beat_without_memory(server, lease, about).await?
                }
                Err(error) => return Err(error),
            };
            Ok(Heard { was_known, orders })
        })
    }

    fn leave<'a>(&'a self, server: &'a Holder) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let operation = "strike a server from the list";
            let mut pipe = redis::pipe();
            pipe.cmd("HDEL").arg(names::servers(&server.queue));
            pipe.arg(&*server.id);
            pipe.cmd("DEL").arg(names::beat(&server.queue, &server.id));
            all_well(operation, self.run(operation, &pipe, 2).await?)
        })
    }

    fn enlist<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let operation = "list the queue";
            let now = self.endpoint.clock.now().0;
            let forgotten = now.saturating_sub(millis(REMEMBERED));
            let mut pipe = redis::pipe();
            pipe.cmd("ZADD").arg(names::QUEUES).arg(now).arg(&**queue);
            pipe.cmd("ZREMRANGEBYSCORE").arg(names::QUEUES);
            pipe.arg("-inf").arg(forgotten);
            pipe.cmd("PEXPIRE").arg(names::QUEUES);
            pipe.arg(millis(REMEMBERED));
            all_well(operation, self.run(operation, &pipe, 3).await?)
        })
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<String>, TransportError>> {
        Box::pin(async move {
            let mut pipe = redis::pipe();
            pipe.cmd("ZRANGE").arg(names::QUEUES).arg(&[0, -1]);
            let mut queues: Vec<String> =
                redis::from_redis_value(self.answer(LOOK, &pipe).await?).unwrap_or_default();
            queues.sort_unstable();
            Ok(queues)
        })
    }

    fn servers<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Live>, TransportError>> {
        Box::pin(async move {
            let ids = self.known(queue).await?;
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let mut pipe = redis::pipe();
            pipe.cmd("MGET").arg(beats(queue, &ids));
            let about: Vec<Option<Vec<u8>>> =
                redis::from_redis_value(self.answer(LOOK, &pipe).await?).unwrap_or_default();
            let live = ids.into_iter().zip(about);
            let live = live.filter_map(|(id, about)| Some((id.into(), about?.into())));
            Ok(live.collect())
        })
    }

    fn is_served<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<bool, TransportError>> {
        Box::pin(async move {
            let ids = self.known(queue).await?;
            if ids.is_empty() {
                return Ok(false);
            }
            let mut pipe = redis::pipe();
            pipe.cmd("EXISTS").arg(beats(queue, &ids));
            Ok(self.answer(LOOK, &pipe).await? != Value::Int(0))
        })
    }

    fn order<'a>(
        &'a self,
        queue: &'a List,
        server: &'a str,
        order: &'a str,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let operation = "give a server an order";
            let orders = names::orders(queue, server);
            let mut pipe = redis::pipe();
            pipe.cmd("RPUSH").arg(&orders).arg(order);
            pipe.cmd("PEXPIRE").arg(&orders).arg(millis(ORDERED));
            all_well(operation, self.run(operation, &pipe, 2).await?)
        })
    }
}
