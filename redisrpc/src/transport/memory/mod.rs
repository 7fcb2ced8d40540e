//! `memory://name`: a broker inside the process, for examples and users' tests.
//!
//! The same contract as Redis, without the network: all who connect to one name
//! share its lists, which are gone when the last of them is dropped.

mod registry;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, timeout_at},
};

use self::registry::Servers;
use super::{
    Interrupt, List, Notice, Pop, Popper, Push, Pushed, Pusher, Taken, Transport, Write, Written,
    keeper::Keeper, registry::Registry,
};
use crate::{deadline::Clock, error::TransportError};

/// One process' connection to a named broker.
pub(crate) struct Memory {
    broker: Arc<Lists>,
    clock: Clock,
}

/// What all connections to one name share.
#[derive(Default)]
struct Lists {
    state: Mutex<State>,
    /// Wakes the poppers when something was pushed.
    pushed: Notify,
}

#[derive(Default)]
struct State {
    lists: HashMap<String, Entries>,
    /// Whom to tell about watched lists. As many as there are clients.
    watchers: Vec<Watcher>,
    servers: Servers,
}

#[derive(Default)]
struct Entries {
    messages: VecDeque<Bytes>,
    expires: Option<Instant>,
}

struct Watcher {
    notices: mpsc::UnboundedSender<Notice>,
    lists: HashSet<String>,
}

impl Memory {
    /// The broker of this name: an existing one, or else a new one.
    pub(crate) fn named(name: &str) -> Arc<Self> {
        static BROKERS: LazyLock<Mutex<HashMap<String, Weak<Lists>>>> =
            LazyLock::new(Mutex::default);
        let mut brokers = BROKERS.lock().unwrap_or_else(PoisonError::into_inner);
        brokers.retain(|_, broker| broker.strong_count() > 0);
        let broker = brokers.get(name).and_then(Weak::upgrade);
        let broker = broker.unwrap_or_else(|| {
            let new = Arc::default();
            brokers.insert(name.to_owned(), Arc::downgrade(&new));
            new
        });
        Arc::new(Self {
            broker,
            clock: Clock::new(),
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Lists {
    /// Runs `change` on the lists, with those gone that have expired.
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        state
            .lists
            .retain(|_, entries| entries.expires.is_none_or(|expires| expires > now));
        change(&mut state)
    }

    fn push(&self, batch: &[Push]) -> Written {
        let lengths = self.with(|state| {
            let mut lengths = HashMap::new();
            for (index, push) in batch.iter().enumerate() {
                lengths.insert(&push.list, (index, state.push(push)));
            }
            lengths.into_values().collect()
        });
        self.pushed.notify_waiters();
        Written {
            lengths,
            ..Written::default()
        }
    }
}

impl State {
    /// How long the list is then.
    fn push(&mut self, push: &Push) -> u64 {
        let entries = self.lists.entry(push.list.to_string()).or_default();
        entries.messages.push_back(push.message.clone());
        if let Some(expire) = push.expire {
            entries.expires = Some(Instant::now() + expire);
        }
        let length = entries.messages.len() as u64;
        self.watchers.retain_mut(|watcher| {
            !watcher.lists.remove(&*push.list)
                || watcher
                    .notices
                    .send(Notice::Changed(push.list.to_string()))
                    .is_ok()
        });
        length
    }

    /// Takes up to `max` messages of `list`; an empty list is no list.
    fn pop(&mut self, list: &str, max: usize) -> Vec<Bytes> {
        let Some(entries) = self.lists.get_mut(list) else {
            return Vec::new();
        };
        let count = entries.messages.len().min(max);
        let taken = entries.messages.drain(..count).collect();
        if entries.messages.is_empty() {
            self.lists.remove(list);
        }
        taken
    }

    fn withdraw(&mut self, list: &str, message: &Bytes) -> bool {
        let Some(entries) = self.lists.get_mut(list) else {
            return false;
        };
        let found = entries.messages.iter().position(|queued| queued == message);
        if let Some(position) = found {
            entries.messages.remove(position);
        }
        if entries.messages.is_empty() {
            self.lists.remove(list);
        }
        found.is_some()
    }

    fn watch(&mut self, list: &str) -> bool {
        if self.lists.contains_key(list) {
            return true;
        }
        for watcher in &mut self.watchers {
            watcher.lists.insert(list.to_owned());
        }
        false
    }
}

/// An answer that is there already.
fn now<'a, T: Send + 'a>(answer: T) -> BoxFuture<'a, Result<T, TransportError>> {
    Box::pin(std::future::ready(Ok(answer)))
}

impl Transport for Memory {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn ask_time(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        // Its time is this machine's, whatever was believed.
        let asked = std::time::Instant::now();
        self.clock.learn(Clock::new().now(), asked);
        now(())
    }

    fn push<'a>(&'a self, batch: &'a [Push]) -> BoxFuture<'a, Result<Written, TransportError>> {
        now(self.broker.push(batch))
    }

    fn withdraw<'a>(
        &'a self,
        batch: &'a [(List, Bytes)],
    ) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        now(self.broker.with(|state| {
            batch
                .iter()
                .map(|(list, message)| state.withdraw(list, message))
                .collect()
        }))
    }

    fn watch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        now(self
            .broker
            .with(|state| lists.iter().map(|list| state.watch(list)).collect()))
    }

    fn take<'a>(
        &'a self,
        lists: &'a [List],
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<Taken>, TransportError>> {
        now(self
            .broker
            .with(|state| lists.iter().map(|list| Ok(state.pop(list, max))).collect()))
    }

    fn unwatch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        self.broker.with(|state| {
            for list in lists {
                state.lists.remove(&**list);
                for watcher in &mut state.watchers {
                    watcher.lists.remove(&**list);
                }
            }
        });
        now(())
    }

    fn delete<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        self.broker.with(|state| {
            for list in lists {
                state.lists.remove(&**list);
            }
        });
        now(())
    }

    fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        self.broker.with(|state| {
            state.watchers.push(Watcher {
                notices,
                lists: HashSet::new(),
            });
        });
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        None
    }

    fn registry(&self) -> &dyn Registry {
        self
    }

    fn pusher(&self, _role: &str) -> Box<dyn Pusher> {
        Box::new(MemoryPusher(Arc::clone(&self.broker)))
    }

    fn popper(&self, _role: &str) -> Box<dyn Popper> {
        Box::new(MemoryPopper {
            broker: Arc::clone(&self.broker),
            interrupt: Arc::default(),
        })
    }
}

struct MemoryPusher(Arc<Lists>);

impl fmt::Debug for MemoryPusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPusher").finish_non_exhaustive()
    }
}

impl Pusher for MemoryPusher {
    fn write<'a>(&'a mut self, write: Write<'a>) -> BoxFuture<'a, Result<Written, TransportError>> {
        now(self.0.push(write.pushes))
    }
}

struct MemoryPopper {
    broker: Arc<Lists>,
    interrupt: Arc<MemoryInterrupt>,
}

/// A `Notify` keeps one permit, so an interrupt between two pops ends the next.
#[derive(Debug, Default)]
struct MemoryInterrupt(Notify);

impl fmt::Debug for MemoryPopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPopper").finish_non_exhaustive()
    }
}

impl Popper for MemoryPopper {
    fn push_and_pop<'a>(
        &'a mut self,
        write: Write<'a>,
        pushed: Pushed<'a>,
        pop: Pop<'a>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>> {
        Box::pin(async move {
            if !write.is_empty() {
                pushed(Ok(self.broker.push(write.pushes)));
            }
            let give_up = Instant::now() + pop.wait;
            loop {
                let news = self.broker.pushed.notified();
                tokio::pin!(news);
                // Before looking, so that a push after the look is not missed.
                news.as_mut().enable();
                let taken = self.broker.with(|state| {
                    pop.lists
                        .iter()
                        .map(|list| state.pop(list, pop.max))
                        .find(|taken| !taken.is_empty())
                });
                if let Some(taken) = taken {
                    return Ok(taken);
                }
                tokio::select! {
                    () = self.interrupt.0.notified() => return Ok(Vec::new()),
                    waited = timeout_at(give_up, news) => if waited.is_err() {
                        return Ok(Vec::new());
                    },
                }
            }
        })
    }

    fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::clone(&self.interrupt) as _
    }
}

impl Interrupt for MemoryInterrupt {
    fn interrupt(&self) -> BoxFuture<'_, ()> {
        self.0.notify_one();
        Box::pin(std::future::ready(()))
    }
}
