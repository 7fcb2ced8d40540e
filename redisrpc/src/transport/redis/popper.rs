//! A connection that pushes and then blocks in `BLMPOP`, or in `BLMOVE` where what
//! is popped is kept.
//!
//! Redis must be the one to end a pop. If this side gave up first, the message
//! that Redis was about to hand over would be destroyed (redis-rs #1924 and its
//! kin). So the wait is a server-side one, a watchdog stands well above it, and a
//! pop is ended early by `CLIENT UNBLOCK` from the shared connection.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::Value;
use tokio::time::timeout;

use super::{
    connection::{Endpoint, Lane},
    keeper::{self, Taking},
    line::Line,
    link::{Link, refused_with},
    patience::{Limits, Silence},
    resp::{self, Answer},
};
use crate::{
    error::TransportError,
    transport::{Interrupt, Pop, Popper, Pushed, Taken, Write},
};

/// How much longer than asked a pop may take before Redis is asked about it.
const WATCHDOG: Duration = Duration::from_secs(3);

/// How long Redis may take to answer a pop after it has answered for it.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How long to wait for an interrupted pop before asking Redis again.
const ASK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct RedisPopper {
    link: Link,
    state: Arc<PopState>,
    /// How to take what is kept, going by what came last.
    taking: Taking,
}

/// What the popper and those who interrupt it share.
#[derive(Debug)]
struct PopState {
    /// For `CLIENT UNBLOCK`.
    shared: Arc<Lane>,
    /// Redis' number of the connection that blocks.
    client: AtomicI64,
    popping: AtomicBool,
    interrupted: AtomicBool,
    /// Told whenever a pop returns.
    returned: tokio::sync::Notify,
}

/// No connection has this number: what is done to it does nothing.
const NOBODY: i64 = 0;

const POP: &str = "pop from Redis";

impl RedisPopper {
    pub(super) fn new(endpoint: Arc<Endpoint>, shared: Arc<Lane>, role: &str) -> Self {
        Self {
            link: Link::new(endpoint, format!("redisrpc:pop:{role}")),
            state: Arc::new(PopState {
                shared,
                client: AtomicI64::new(NOBODY),
                popping: AtomicBool::new(false),
                interrupted: AtomicBool::new(false),
                returned: tokio::sync::Notify::new(),
            }),
            taking: Taking::Many,
        }
    }

    /// One push and one pop. The connection is kept if it is still of use.
    async fn once(
        &mut self,
        write: Write<'_>,
        pushed: Pushed<'_>,
        pop: Option<Pop<'_>>,
    ) -> Result<Vec<Bytes>, TransportError> {
        let mut tell = |outcome| {
            if !write.is_empty() {
                pushed(outcome);
            }
        };
        let opened = self.link.take(POP).await;
        let mut line = opened.inspect_err(|error| tell(Err(error.clone())))?;
        let client = line.client.unwrap_or(NOBODY);
        self.state.client.store(client, Ordering::SeqCst);
        let taking = match pop {
            Some(pop) if pop.max > 1 => self.taking,
            _ => Taking::One,
        };
        let write_pop = |out: &mut Vec<u8>| {
            if let Some(pop) = pop {
                write_pop(pop, taking, out);
            }
        };
        let sent = self.link.send(&mut line, write, write_pop).await;
        let written = sent.inspect_err(|error| {
            line.give_up();
            tell(Err(error.clone()));
        })?;
        tell(Ok(written));
        let Some(pop) = pop else {
            self.link.keep(line);
            return Ok(Vec::new());
        };
        let popped = self.popped(&mut line, pop, taking).await;
        match popped {
            Ok(_) => self.link.keep(line),
            // What is still on its way there must not arrive.
            Err(_) => line.give_up(),
        }
        popped?
    }

    /// What Redis answers a pop.
    async fn popped(
        &mut self,
        line: &mut Line,
        pop: Pop<'_>,
        taking: Taking,
    ) -> Result<Taken, TransportError> {
        let first = self.driven(line, pop.wait).await?;
        if pop.keep.is_none() {
            return Ok(strings(first).map(|mut named| named.split_off(named.len().min(1))));
        }
        let taken = keeper::taken(&mut self.link, line, pop, taking, first).await;
        let (taken, next) = taken.map_err(|error| TransportError::unknown(POP, error))?;
        self.taking = next;
        Ok(strings(taken))
    }

    /// Drives a pop until Redis answers it. While Redis answers nobody it may
    /// still answer this, with a message: only when it answers others and not us
    /// is the connection given up, and not while more of a long answer comes.
    async fn driven(&mut self, line: &mut Line, wait: Duration) -> Result<Answer, TransportError> {
        let failed = |error: io::Error| TransportError::unknown(POP, error);
        let mut limits = Limits {
            usual: wait,
            most: wait + WATCHDOG,
        };
        let was_blocked = loop {
            let received = line.received;
            match self.link.answer(line, limits).await {
                Ok(answer) => return answer.map_err(failed),
                Err(_) if line.received > received => continue,
                Err(silence @ Silence::Replaced) => return Err(failed(silence.into())),
                Err(Silence::For(_)) => limits.usual = Duration::ZERO,
            }
            tokio::select! {
                answer = line.answer() => return answer.map_err(failed),
                asked = self.state.unblock() => if let Ok(unblocked) = asked {
                    break unblocked;
                },
            }
        };
        if let Ok(answer) = timeout(LAST_WORD, line.answer()).await {
            return answer.map_err(failed);
        }
        if was_blocked {
            // Redis' side must end too: it would take the next message with it.
            let mut pipe = redis::pipe();
            pipe.cmd("CLIENT").arg("KILL").arg("ID");
            pipe.arg(line.client.unwrap_or(NOBODY));
            if let Err(error) = self.state.shared.run(POP, &pipe, 1).await {
                let error = error.report();
                tracing::debug!(error, "could not end a connection that stopped answering");
            }
        }
        Err(TransportError::unknown(POP, "Redis stopped answering"))
    }
}

impl PopState {
    /// Asks Redis to end what the connection blocks on; whether it did block.
    async fn unblock(&self) -> Result<bool, TransportError> {
        let mut pipe = redis::pipe();
        let client = self.client.load(Ordering::SeqCst);
        pipe.cmd("CLIENT").arg("UNBLOCK").arg(client).arg("TIMEOUT");
        let answers = self.shared.run("interrupt a pop", &pipe, 1).await?;
        Ok(matches!(answers.first(), Some(Value::Int(1))))
    }
}

impl Popper for RedisPopper {
    fn push_and_pop<'a>(
        &'a mut self,
        write: Write<'a>,
        pushed: Pushed<'a>,
        pop: Pop<'a>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>> {
        Box::pin(async move {
            self.state.popping.store(true, Ordering::SeqCst);
            let interrupted = self.state.interrupted.load(Ordering::SeqCst);
            let popped = if interrupted && write.is_empty() {
                Ok(Vec::new())
            } else {
                self.once(write, pushed, (!interrupted).then_some(pop))
                    .await
            };
            self.state.interrupted.store(false, Ordering::SeqCst);
            self.state.popping.store(false, Ordering::SeqCst);
            self.state.returned.notify_waiters();
            popped
        })
    }

    fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::clone(&self.state) as _
    }
}

impl Interrupt for PopState {
    fn interrupt(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.interrupted.store(true, Ordering::SeqCst);
            // The pop may be between its look at the flag and its arrival at
            // Redis, where there is nothing to unblock yet: ask until it returns.
            while self.popping.load(Ordering::SeqCst) && self.interrupted.load(Ordering::SeqCst) {
                let returned = self.returned.notified();
                if let Err(error) = self.unblock().await {
                    let error = error.report();
                    tracing::debug!(error, "could not interrupt a pop; it ends by itself");
                }
                let _ = timeout(ASK_AGAIN, returned).await;
            }
        })
    }
}

/// The messages of an answer.
fn strings(answer: Answer) -> Taken {
    match answer {
        Answer::Strings(strings) => Ok(strings),
        Answer::Error(text) => Err(refused_with(POP, text)),
        Answer::Number(_) | Answer::Status => Ok(Vec::new()),
    }
}

fn write_pop(pop: Pop<'_>, taking: Taking, out: &mut Vec<u8>) {
    if let Some(keep) = pop.keep {
        return keeper::write_pop(pop, keep, taking, out);
    }
    resp::command(out, pop.lists.len() + 6);
    resp::part(out, "BLMPOP");
    resp::part(out, pop.wait.as_secs_f64().to_string());
    resp::part(out, itoa::Buffer::new().format(pop.lists.len()));
    for list in pop.lists {
        resp::part(out, &**list);
    }
    resp::part(out, "LEFT");
    resp::part(out, "COUNT");
    resp::part(out, itoa::Buffer::new().format(pop.max));
}
