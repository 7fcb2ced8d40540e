//! The floor: the quickest way to one answer. The request and the pop that waits
//! for its reply leave in one write, and nobody else uses the connection.

use std::sync::Arc;

use calls_driver::{Caller, Options, SERVICE};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::AsyncWriteExt as _;

use crate::{
    pool::Pool,
    reference::{Clock, TIMEOUT, random_name},
    resp::{self, Answers, Output, Popped},
    wire::{self, Reply, Requests},
};

#[derive(Clone)]
pub struct Client {
    url: Arc<str>,
    pool: Pool<Connection>,
}

struct Connection {
    answers: Answers,
    output: Output,
    clock: Clock,
    inbox: String,
    requests: Requests,
    calls: u64,
    out: Vec<u8>,
}

pub async fn connect(options: Options) -> Client {
    Client {
        url: options.url.into(),
        pool: Pool::new(),
    }
}

impl Client {
    async fn call<T: Serialize, R: DeserializeOwned>(&self, name: &str, argument: T) -> R {
        let connect = async || Connection::new(&self.url).await;
        self.pool.take(connect).await.call(name, argument).await
    }
}

impl Caller for Client {
    async fn add(&self, number: f64) -> f64 {
        self.call("add", number).await
    }

    async fn echo(&self, text: &str) -> String {
        self.call("echo", text).await
    }
}

impl Connection {
    async fn new(url: &str) -> Self {
        let (mut answers, mut output) = resp::connect(url).await;
        let inbox = format!("{SERVICE}:rpc:{{{}}}", random_name());
        Self {
            clock: Clock::learned(&mut answers, &mut output).await,
            requests: Requests::to_inbox(&inbox),
            answers,
            output,
            inbox,
            calls: 0,
            out: Vec::new(),
        }
    }

    async fn call<T: Serialize, R: DeserializeOwned>(&mut self, name: &str, argument: T) -> R {
        self.calls += 1;
        let deadline = self.clock.now() + TIMEOUT.as_millis() as u64;
        let request = self
            .requests
            .request((name, argument), self.calls, deadline);
        self.out.clear();
        resp::command(&mut self.out, 3);
        resp::word(&mut self.out, b"RPUSH");
        resp::word(&mut self.out, SERVICE.as_bytes());
        resp::word(&mut self.out, &request);
        resp::blmpop(&mut self.out, &self.inbox, 1);
        self.output
            .write_all(&self.out)
            .await
            .expect("a request is written");
        self.answers.integer().await.expect("a request is taken");
        let popped = self.answers.popped(Popped::default()).await;
        let popped = popped.expect("a reply");
        let reply: Reply<R> = wire::read(popped.slices().next().expect("a reply in time"));
        assert_eq!(reply.id, self.calls);
        reply.return_value
    }
}
