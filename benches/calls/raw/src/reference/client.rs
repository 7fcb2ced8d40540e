//! The calling end: one connection to write on, one blocked in a pop.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
};

use calls_driver::{Caller, Options, SERVICE};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{io::AsyncWriteExt as _, sync::Notify, task};

use super::{Clock, TIMEOUT, pending::Pending, random_name};
use crate::{
    floor,
    resp::{self, Answers, Output, Popped},
    wire::{self, Reply, Requests},
};

/// Most replies in one pop.
const MOST: usize = 512;
/// Up to so many calls in flight go round in one wave: two would wake everyone twice
/// as often, and that costs more than it gains.
const FEWEST: usize = 64;

#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// Each stream has a connection of its own.
    streams: floor::Client,
}

struct Shared {
    inbox: String,
    requests: Requests,
    clock: Clock,
    many_threads: bool,
    pending: Mutex<Pending>,
    /// There is a request to write.
    to_write: Notify,
    /// There is a call to wait for.
    to_read: Notify,
}

pub async fn connect(options: Options) -> Client {
    let (mut answers, mut output) = resp::connect(&options.url).await;
    let inbox = format!("{SERVICE}:rpc:{{{}}}", random_name());
    let shared = Arc::new(Shared {
        requests: Requests::to_inbox(&inbox),
        inbox,
        many_threads: options.workers > 0,
        clock: Clock::learned(&mut answers, &mut output).await,
        pending: Mutex::default(),
        to_write: Notify::new(),
        to_read: Notify::new(),
    });
    task::spawn(write(Arc::clone(&shared), answers, output));
    let (answers, output) = resp::connect(&options.url).await;
    task::spawn(read(Arc::clone(&shared), answers, output));
    Client {
        shared,
        streams: floor::connect(options).await,
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().expect("nothing panics with the lock")
    }

    async fn call<T: Serialize, R: DeserializeOwned>(&self, name: &str, argument: T) -> R {
        let (id, first) = self.pending().insert();
        let deadline = self.clock.now() + TIMEOUT.as_millis() as u64;
        let request = self.requests.request((name, argument), id, deadline);
        if self.pending().enqueue(&request) {
            self.to_write.notify_one();
        }
        if first {
            self.to_read.notify_one();
        }
        let reply = poll_fn(|cx| self.pending().poll(id, cx)).await;
        let reply: Reply<R> = wire::read(&reply);
        assert_eq!(reply.id, id);
        reply.return_value
    }
}

impl Caller for Client {
    async fn add(&self, number: f64) -> f64 {
        self.shared.call("add", number).await
    }

    async fn numbers(&self, count: u32) {
        self.streams.numbers(count).await;
    }

    async fn texts(&self, text: &str, count: u32) {
        self.streams.texts(text, count).await;
    }

    async fn echo(&self, text: &str) -> String {
        self.shared.call("echo", text).await
    }
}

/// Writes requests. Those that come while Redis has not answered leave together.
async fn write(shared: Arc<Shared>, mut answers: Answers, mut output: Output) {
    let mut out = Vec::new();
    loop {
        shared.to_write.notified().await;
        // On one thread, tasks that are ready have made their calls by now, and to
        // wait for more would make one wave of two.
        if shared.many_threads {
            task::yield_now().await;
        }
        let batches = shared.pending().take_outgoing();
        for batch in batches {
            out.clear();
            resp::command(&mut out, batch.count + 2);
            resp::word(&mut out, b"RPUSH");
            resp::word(&mut out, SERVICE.as_bytes());
            out.extend_from_slice(&batch.words);
            output.write_all(&out).await.expect("requests are written");
            answers.integer().await.expect("requests are taken");
        }
    }
}

/// Reads replies: about half of what is awaited at a time, so that client, server
/// and Redis have something to do all the time.
async fn read(shared: Arc<Shared>, mut answers: Answers, mut output: Output) {
    let mut out = Vec::new();
    let mut popped = Popped::default();
    loop {
        let outstanding = shared.pending().outstanding();
        if outstanding == 0 {
            shared.to_read.notified().await;
            continue;
        }
        out.clear();
        resp::blmpop(
            &mut out,
            &shared.inbox,
            (outstanding / 2).clamp(FEWEST, MOST),
        );
        output.write_all(&out).await.expect("a pop is written");
        popped = answers.popped(popped).await.expect("replies");
        deliver(&shared, &popped);
    }
}

fn deliver(shared: &Shared, popped: &Popped) {
    let mut pending = shared.pending();
    let wakers: Vec<Waker> = popped
        .messages()
        .filter_map(|reply| {
            let id = wire::id_of(&reply).expect("a reply has an id");
            pending.complete(id, reply)
        })
        .collect();
    drop(pending);
    wakers.into_iter().for_each(Waker::wake);
}
