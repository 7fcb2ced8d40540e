//! A connection that blocks in `BLMPOP`.
//!
//! Redis must be the one to end a pop. If this side gave up first, the message
//! that Redis was about to hand over would be destroyed (redis-rs #1924 and its
//! kin). So the wait is a server-side one, a watchdog stands well above it, and a
//! pop is ended early by `CLIENT UNBLOCK` from the shared connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::{Pipeline, Value};
use tokio::time::timeout;

use super::{
    connection::{Endpoint, Lane, Live},
    messages,
};
use crate::{
    error::TransportError,
    transport::{Interrupt, List, Popper},
};

/// How much longer than asked a pop may take before Redis is asked about it.
const WATCHDOG: Duration = Duration::from_secs(3);

/// How long Redis may take to answer a pop after it has answered for it.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How long to wait for an interrupted pop before asking Redis again.
const ASK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct RedisPopper {
    lane: Lane,
    state: Arc<PopState>,
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

impl RedisPopper {
    pub(super) fn new(endpoint: Arc<Endpoint>, shared: Arc<Lane>, role: &str) -> Self {
        Self {
            lane: Lane::blocking(endpoint, &format!("redisrpc:pop:{role}")),
            state: Arc::new(PopState {
                shared,
                client: AtomicI64::new(NOBODY),
                popping: AtomicBool::new(false),
                interrupted: AtomicBool::new(false),
                returned: tokio::sync::Notify::new(),
            }),
        }
    }

    async fn pop_once(
        &self,
        lists: &[List],
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, TransportError> {
        let mut live = self.lane.connection(POP).await?;
        self.state
            .client
            .store(live.client.unwrap_or(NOBODY), Ordering::SeqCst);
        let mut pipe = redis::pipe();
        pipe.cmd("BLMPOP").arg(wait.as_secs_f64()).arg(lists.len());
        for list in lists {
            pipe.arg(&**list);
        }
        pipe.arg("LEFT").arg("COUNT").arg(max);
        let answers = self.driven(&mut live, &pipe, wait).await?;
        elements(answers.into_iter().next().unwrap_or(Value::Nil))
    }

    /// Drives a pop until Redis answers it. While Redis answers nobody it may
    /// still answer this, with a message: only when it answers others and not us
    /// is the connection given up.
    async fn driven(
        &self,
        live: &mut Live,
        pipe: &Pipeline,
        wait: Duration,
    ) -> Result<Vec<Value>, TransportError> {
        let held = live.clone();
        let pop = live.run(POP, pipe, 1);
        tokio::pin!(pop);
        let was_blocked = loop {
            if let Ok(answers) = timeout(wait + WATCHDOG, &mut pop).await {
                return answers;
            }
            tokio::select! {
                answers = &mut pop => return answers,
                asked = self.state.unblock() => if let Ok(unblocked) = asked {
                    break unblocked;
                },
            }
        };
        if let Ok(answers) = timeout(LAST_WORD, &mut pop).await {
            return answers;
        }
        held.discard();
        if was_blocked {
            // Redis' side must end too: it would take the next message with it.
            let mut pipe = redis::pipe();
            pipe.cmd("CLIENT").arg("KILL").arg("ID");
            pipe.arg(held.client.unwrap_or(NOBODY));
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

/// No connection has this number: what is done to it does nothing.
const NOBODY: i64 = 0;

const POP: &str = "pop from Redis";

impl Popper for RedisPopper {
    fn pop<'a>(
        &'a mut self,
        lists: &'a [List],
        max: usize,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>> {
        Box::pin(async move {
            self.state.popping.store(true, Ordering::SeqCst);
            let popped = if self.state.interrupted.load(Ordering::SeqCst) {
                Ok(Vec::new())
            } else {
                self.pop_once(lists, max, wait).await
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

/// The elements that `BLMPOP` answers with: `[list, [element, …]]`, or nil.
fn elements(answer: Value) -> Result<Vec<Bytes>, TransportError> {
    match answer {
        Value::Array(mut parts) => messages(POP, parts.pop().unwrap_or(Value::Nil)),
        other => messages(POP, other),
    }
}
