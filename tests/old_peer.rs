//! Peers of the old RedisRPC, re-enacted from what was recorded of them: a plain
//! connection each, one request and one reply at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use redis::{Connection, RedisResult, cmd};
use redisrpc_test_support::{PATIENCE, RedisServer, wait_until};
use serde_json::{Map, Value};

use crate::dialect::Dialect;

/// A client: it pushes the bytes it is given and waits on the list they name.
pub struct OldClient {
    connection: Connection,
    queue: String,
}

impl OldClient {
    pub fn new(redis: &RedisServer, queue: &str) -> Self {
        Self {
            connection: redis.connection(),
            queue: queue.to_owned(),
        }
    }

    /// The two commands of a call, and no other. The reply's bytes.
    pub fn call(&mut self, request: impl AsRef<[u8]>, reply_queue: &str) -> String {
        self.send(request);
        let popped: Option<(String, String)> = cmd("BLPOP")
            .arg(reply_queue)
            .arg(PATIENCE.as_secs())
            .query(&mut self.connection)
            .expect("a reply is text");
        let (list, reply) = popped.expect("a reply comes");
        assert_eq!(list, reply_queue);
        reply
    }

    /// The first half of a call.
    pub fn send(&mut self, request: impl AsRef<[u8]>) {
        let _: i64 = cmd("RPUSH")
            .arg(&self.queue)
            .arg(request.as_ref())
            .query(&mut self.connection)
            .unwrap();
    }
}

/// A request as an old server reads it: the members it knows, and no other.
#[derive(Debug, Clone)]
pub struct OldCall {
    pub raw: String,
    pub name: String,
    pub args: Vec<Value>,
    pub kwargs: Map<String, Value>,
    response_queue: String,
}

impl OldCall {
    fn read(raw: &str) -> Self {
        let request: Value = serde_json::from_str(raw).expect("a request is JSON");
        let call = &request["function_call"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            raw: raw.to_owned(),
            name: text(&call["name"]),
            args: call["args"].as_array().cloned().unwrap_or_default(),
            kwargs: call["kwargs"].as_object().cloned().unwrap_or_default(),
            response_queue: text(&request["response_queue"]),
        }
    }
}

/// What an old server does with a request.
pub enum Deed {
    Answers(Vec<u8>),
    /// It stops with an error and answers nothing.
    Ends,
}

impl From<String> for Deed {
    fn from(reply: String) -> Self {
        Self::Answers(reply.into_bytes())
    }
}

/// A server: one thread, one connection, one request at a time.
pub struct OldServer {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    /// Its connection as Redis knows it.
    id: i64,
    other: Connection,
    thread: Option<JoinHandle<()>>,
}

impl OldServer {
    /// Starts a server. When this returns it has deleted its queue, if it is of
    /// those that do.
    pub fn start(
        redis: &RedisServer,
        queue: &str,
        dialect: Dialect,
        object: impl FnMut(&OldCall) -> Deed + Send + 'static,
    ) -> Self {
        let mut connection = redis.connection();
        let id = cmd("CLIENT").arg("ID").query(&mut connection).unwrap();
        if dialect.deletes_its_queue_at_start() {
            let _: i64 = cmd("DEL").arg(queue).query(&mut connection).unwrap();
        }
        let stop = Arc::new(AtomicBool::new(false));
        let served = Arc::new(AtomicUsize::new(0));
        let serving = Serving {
            connection,
            queue: queue.to_owned(),
            dialect,
            object,
            stop: Arc::clone(&stop),
            served: Arc::clone(&served),
        };
        Self {
            stop,
            served,
            id,
            other: redis.connection(),
            // Its error is that Redis is gone: the test is over.
            thread: Some(thread::spawn(|| drop(serving.run()))),
        }
    }

    /// Requests answered so far.
    pub fn served(&self) -> usize {
        self.served.load(Ordering::Relaxed)
    }

    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops it between two requests: none that it has taken is lost. The number
    /// of those it answered.
    pub fn stop(mut self) -> usize {
        self.end();
        let thread = self.thread.take().expect("it is stopped once");
        thread.join().expect("the old server did not panic");
        self.served()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = wait_until(|| {
            let unblocked: RedisResult<i64> = cmd("CLIENT")
                .arg("UNBLOCK")
                .arg(self.id)
                .query(&mut self.other);
            unblocked.is_err() || self.has_ended()
        });
        assert!(ended || thread::panicking(), "the old server stops");
    }
}

impl Drop for OldServer {
    fn drop(&mut self) {
        self.end();
    }
}

struct Serving<F> {
    connection: Connection,
    queue: String,
    dialect: Dialect,
    object: F,
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
}

impl<F: FnMut(&OldCall) -> Deed> Serving<F> {
    fn run(mut self) -> RedisResult<()> {
        while !self.stop.load(Ordering::Relaxed) {
            let popped: Option<(String, String)> = cmd("BLPOP")
                .arg(&self.queue)
                .arg(0)
                .query(&mut self.connection)?;
            let Some((_, raw)) = popped else { continue };
            let call = OldCall::read(&raw);
            match (self.object)(&call) {
                Deed::Answers(reply) => self.answer(&call.response_queue, &reply)?,
                Deed::Ends => break,
            }
            self.served.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn answer(&mut self, list: &str, reply: &[u8]) -> RedisResult<()> {
        if self.dialect == Dialect::RubyMaster {
            let mut pipe = redis::pipe();
            pipe.atomic().rpush(list, reply).ignore();
            pipe.expire(list, 1).ignore();
            return pipe.query(&mut self.connection);
        }
        cmd("RPUSH")
            .arg(list)
            .arg(reply)
            .query(&mut self.connection)
    }
}
