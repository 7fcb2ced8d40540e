//! The floor: the quickest way to one answer. The request and the pop that waits
//! for its reply leave in one write, and nobody else uses the connection. So also for
//! streams, to which nobody says how much is wanted.

use std::sync::Arc;

use calls_driver::{Caller, Options, SERVICE};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::AsyncWriteExt as _;

use crate::{
    pool::Pool,
    reference::{Clock, TIMEOUT, random_name},
    resp::{self, Answers, Output, Popped},
    wire::{self, Part, Reply, Requests},
};

/// Most parts of a stream in one pop.
const PARTS: usize = 64;

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

impl Client {
    /// Takes the parts of a stream, and looks at each item with its number.
    async fn stream<T: Serialize, R: DeserializeOwned>(
        &self,
        name: &str,
        argument: T,
        mut look: impl FnMut(u32, R),
    ) -> u32 {
        let connect = async || Connection::new(&self.url).await;
        let mut connection = self.pool.take(connect).await;
        connection.send(name, argument).await;
        let mut seen = 0;
        loop {
            let (items, is_last) = connection.parts().await;
            for item in items {
                look(seen, item);
                seen += 1;
            }
            if is_last {
                return seen;
            }
        }
    }
}

impl Caller for Client {
    async fn numbers(&self, count: u32) {
        let look = |seen, number: f64| assert_eq!(number, f64::from(seen));
        assert_eq!(self.stream("numbers", count, look).await, count);
    }

    async fn texts(&self, text: &str, count: u32) {
        let look = |_, streamed: String| assert_eq!(streamed, text);
        assert_eq!(self.stream("texts", (text, count), look).await, count);
    }

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

    /// The items of the parts that have come, and whether there are no more.
    async fn parts<R: DeserializeOwned>(&mut self) -> (Vec<R>, bool) {
        self.out.clear();
        resp::blmpop(&mut self.out, &self.inbox, PARTS);
        let written = self.output.write_all(&self.out).await;
        written.expect("a pop is written");
        let popped = self.answers.popped(Popped::default()).await;
        let (mut items, mut is_last) = (Vec::new(), false);
        for part in popped.expect("parts").slices() {
            let part: Part<R> = wire::read(part);
            assert_eq!(part.id, self.calls);
            is_last = part.return_value.is_some();
            items.extend(part.items.or(part.return_value).expect("items"));
        }
        (items, is_last)
    }

    async fn send<T: Serialize>(&mut self, name: &str, argument: T) {
        self.begin(name, argument);
        let written = self.output.write_all(&self.out).await;
        written.expect("a request is written");
        self.answers.integer().await.expect("a request is taken");
    }

    /// Begins what is written with a request.
    fn begin<T: Serialize>(&mut self, name: &str, argument: T) {
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
    }

    async fn call<T: Serialize, R: DeserializeOwned>(&mut self, name: &str, argument: T) -> R {
        self.begin(name, argument);
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
