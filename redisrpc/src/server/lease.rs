//! A server's life as the others see it: it has a name, and a lease on it that it
//! renews at intervals. Where the lease runs out, others take over what it kept.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::timeout};

use super::{herald::Herald, progress::FreeLists};
use crate::{
    error::TransportError,
    transport::{
        List, Transport,
        keeper::Keeper,
        registry::{Holder, Registry},
    },
};

/// How many lists a server says that it may keep, at first.
const FIRST_LISTS: usize = 16;

/// How often a server says that its queue is served.
const ENLIST_AGAIN: Duration = Duration::from_secs(60);

/// How soon others are to answer for a server that died, and what follows from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recovery(Duration);

impl Recovery {
    /// Within this time, but not sooner than is possible.
    pub(super) fn within(time: Duration) -> Self {
        Self(time.max(Duration::from_secs(2)))
    }

    /// How long a server is taken to live after it was heard of last.
    fn lease(self) -> Duration {
        self.0 / 3
    }

    /// How often a server says that it lives.
    fn beat(self) -> Duration {
        self.lease() / 4
    }

    /// How often servers look for those that died: twice before they believe it,
    /// and a quarter less often than this says at times.
    pub(super) fn look(self) -> Duration {
        self.0 / 6
    }

    /// Longest wait for a request. Redis must not hand one to a server that has
    /// stopped in its tracks when its lease has run out.
    pub(super) fn wait(self, usual: Duration) -> Duration {
        usual.min(self.lease() / 4)
    }
}

/// A server's lease on its name.
#[derive(Debug)]
pub(super) struct Lease {
    transport: Arc<dyn Transport>,
    recovery: Recovery,
    queue: List,
    id: Arc<str>,
    herald: Arc<Herald>,
    /// How many lists it has ever used.
    used: AtomicUsize,
    /// How many lists the others know of.
    known: AtomicUsize,
    pub(super) free: Arc<FreeLists>,
    /// When the beat that was heard last was sent.
    heard: Mutex<Option<Instant>>,
    /// Whether others have struck it off the list.
    struck: AtomicBool,
    /// Told of each beat that was heard.
    beaten: Notify,
}

impl Lease {
    /// A lease on a new name. It begins with the first beat.
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        queue: List,
        herald: Arc<Herald>,
        recovery: Recovery,
        keeps: bool,
    ) -> Self {
        Self {
            transport,
            recovery,
            queue,
            id: herald.rename(),
            herald,
            used: AtomicUsize::new(0),
            known: AtomicUsize::new(if keeps { FIRST_LISTS } else { 0 }),
            free: Arc::default(),
            heard: Mutex::default(),
            struck: AtomicBool::new(false),
            beaten: Notify::new(),
        }
    }

    pub(super) fn keeper(&self) -> &dyn Keeper {
        let keeper = self.transport.keeper();
        keeper.expect("there are leases where there is a keeper")
    }

    pub(super) fn registry(&self) -> &dyn Registry {
        self.transport.registry()
    }

    pub(super) fn holder(&self) -> Holder {
        Holder {
            queue: Arc::clone(&self.queue),
            id: Arc::clone(&self.id),
            lists: self.known.load(Ordering::Relaxed),
        }
    }

    /// Renews the lease once.
    async fn beat(&self) -> Result<(), TransportError> {
        let (sent, holder) = (Instant::now(), self.holder());
        let about = self.herald.about(self.age().unwrap_or_default());
        let beating = self.registry().beat(&holder, self.recovery.lease(), &about);
        let late = || TransportError::unknown("say that the server lives", "no answer");
        let beaten = timeout(self.recovery.lease() / 2, beating).await;
        let answer = beaten.unwrap_or_else(|_| Err(late()))?;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.replace(sent).is_some() && !answer.was_known {
            self.struck.store(true, Ordering::Release);
        }
        drop(heard);
        self.herald.obey(&answer);
        self.beaten.notify_waiters();
        Ok(())
    }

    /// Renews the lease at intervals, for ever.
    pub(super) async fn renew(self: Arc<Self>) {
        let mut silent = false;
        let mut enlisted = None;
        loop {
            let state = self.herald.state();
            let wait = match self.beat().await {
                Ok(()) => {
                    silent = false;
                    self.enlist(&mut enlisted).await;
                    self.recovery.beat()
                }
                Err(error) => {
                    // Once: others are to know, and no log is to be full of it.
                    if !std::mem::replace(&mut silent, true) {
                        tracing::warn!(queue = %self.queue, error = error.report(), "the server could not say that it lives; it goes on trying");
                    }
                    self.recovery.beat() / 8
                }
            };
            let _ = timeout(wait, self.herald.has_news(state)).await;
        }
    }

    /// Says that the queue is served, now and then.
    async fn enlist(&self, last: &mut Option<Instant>) {
        if last.is_some_and(|last| last.elapsed() < ENLIST_AGAIN) {
            return;
        }
        let first = last.replace(Instant::now()).is_none();
        if let Err(error) = self.registry().enlist(&self.queue).await
            && first
        {
            tracing::info!(queue = %self.queue, error = error.report(), "the queue cannot be listed; those who know its name find it");
        }
    }

    /// Says that the server is gone and keeps nothing; or, if it does keep something,
    /// that others may take it over now.
    pub(super) async fn leave(&self, keeps_nothing: bool) {
        let (registry, holder) = (self.registry(), self.holder());
        let left = if keeps_nothing {
            registry.leave(&holder).await
        } else {
            let (last, about) = (Duration::from_millis(1), self.herald.about(Duration::ZERO));
            registry.beat(&holder, last, &about).await.map(|_| ())
        };
        if let Err(error) = left {
            tracing::warn!(queue = %self.queue, error = error.report(), "the server left without a word");
        }
    }

    /// How long ago the server was last heard of; `None` before the first time.
    fn age(&self) -> Option<Duration> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|heard| heard.elapsed())
    }

    /// Whether others have taken over what it kept.
    pub(super) fn is_lost(&self) -> bool {
        self.struck.load(Ordering::Acquire)
    }

    /// Whether others may have taken over what it kept.
    pub(super) fn may_be_lost(&self) -> bool {
        self.is_lost() || self.age().is_some_and(|age| age >= self.recovery.lease())
    }

    /// Whether it may take requests: not for so long that they could be taken over
    /// while it does.
    pub(super) fn may_take(&self) -> bool {
        self.age()
            .is_some_and(|age| age < self.recovery.lease() / 2)
    }

    /// Resolves when it may take requests, or never will again.
    pub(super) async fn may_take_or_is_lost(&self) {
        loop {
            let beaten = self.beaten.notified();
            tokio::pin!(beaten);
            // Before looking, so that a beat after the look is not missed.
            beaten.as_mut().enable();
            if self.may_take() || self.is_lost() {
                return;
            }
            let _ = timeout(self.recovery.beat(), beaten).await;
        }
    }

    /// A list that is not in use, of which the others know, if there is one.
    pub(super) fn free_list_now(&self) -> Option<List> {
        self.free.take().or_else(|| {
            let known = self.known.load(Ordering::Relaxed);
            let next = |used| (used < known).then_some(used + 1);
            let used = self
                .used
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
            Some(self.holder().list(used.ok()?))
        })
    }

    /// Tells the others of more lists.
    ///
    /// # Errors
    ///
    /// When they could not be told.
    pub(super) async fn know_more_lists(&self) -> Result<(), TransportError> {
        let known = self.known.load(Ordering::Relaxed);
        self.known.store(2 * known, Ordering::Relaxed);
        let told = self.beat().await;
        if told.is_err() {
            self.known.store(known, Ordering::Relaxed);
        }
        told
    }
}
