//! Pops that look again and again instead of blocking, over any transport.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, timeout},
};

use super::{
    Interrupt, List, Notice, Pop, Popper, Push, Pushed, Pusher, Taken, Transport, Write, Written,
    keeper::Keeper, registry::Registry,
};
use crate::{
    deadline::Clock,
    error::{Error, TransportError},
};

/// A transport whose poppers need no connection of their own.
#[derive(Debug)]
pub(crate) struct Polling {
    inner: Arc<dyn Transport>,
    interval: Duration,
}

impl Polling {
    pub(crate) fn new(inner: Arc<dyn Transport>, interval: Duration) -> Self {
        // Not without a pause: that would be a busy loop.
        let interval = interval.max(Duration::from_millis(1));
        Self { inner, interval }
    }
}

impl Transport for Polling {
    fn clock(&self) -> &Clock {
        self.inner.clock()
    }

    fn check_queue(&self, queue: &str) -> Result<(), Error> {
        self.inner.check_queue(queue)
    }

    fn ask_time(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        self.inner.ask_time()
    }

    fn push<'a>(&'a self, batch: &'a [Push]) -> BoxFuture<'a, Result<Written, TransportError>> {
        self.inner.push(batch)
    }

    fn withdraw<'a>(
        &'a self,
        batch: &'a [(List, Bytes)],
    ) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        self.inner.withdraw(batch)
    }

    fn watch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        self.inner.watch(lists)
    }

    fn take<'a>(
        &'a self,
        lists: &'a [List],
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<Taken>, TransportError>> {
        self.inner.take(lists, max)
    }

    fn unwatch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        self.inner.unwatch(lists)
    }

    fn delete<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        self.inner.delete(lists)
    }

    fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        self.inner.notify(notices);
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.inner.keeper()
    }

    fn registry(&self) -> &dyn Registry {
        self.inner.registry()
    }

    fn pusher(&self, _role: &str) -> Box<dyn Pusher> {
        Box::new(SharedPusher(Arc::clone(&self.inner)))
    }

    fn popper(&self, _role: &str) -> Box<dyn Popper> {
        Box::new(PollingPopper {
            transport: Arc::clone(&self.inner),
            interval: self.interval,
            interrupt: Arc::default(),
        })
    }
}

/// Pushes over the connection that all share.
#[derive(Debug)]
pub(crate) struct SharedPusher(pub(crate) Arc<dyn Transport>);

impl Pusher for SharedPusher {
    fn write<'a>(&'a mut self, write: Write<'a>) -> BoxFuture<'a, Result<Written, TransportError>> {
        Box::pin(make(&*self.0, write))
    }
}

async fn make(transport: &dyn Transport, write: Write<'_>) -> Result<Written, TransportError> {
    let mut written = transport.push(write.pushes).await?;
    if let Some(done) = write.done
        && let Some(keeper) = transport.keeper()
    {
        written.undone = keeper.done(done).await.err();
    }
    Ok(written)
}

#[derive(Debug)]
struct PollingPopper {
    transport: Arc<dyn Transport>,
    interval: Duration,
    interrupt: Arc<PollingInterrupt>,
}

/// A `Notify` keeps one permit, so an interrupt between two pops ends the next.
#[derive(Debug, Default)]
struct PollingInterrupt(Notify);

impl PollingPopper {
    async fn take(&self, list: &List, pop: Pop<'_>) -> Taken {
        if let Some(keep) = pop.keep
            && let Some(keeper) = self.transport.keeper()
        {
            return keeper.take(list, pop.max, keep).await;
        }
        let lists = std::slice::from_ref(list);
        let taken = self.transport.take(lists, pop.max).await?;
        taken.into_iter().next().unwrap_or_else(|| Ok(Vec::new()))
    }
}

impl Popper for PollingPopper {
    fn push_and_pop<'a>(
        &'a mut self,
        write: Write<'a>,
        pushed: Pushed<'a>,
        pop: Pop<'a>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>> {
        Box::pin(async move {
            if !write.is_empty() {
                pushed(make(&*self.transport, write).await);
            }
            let give_up = Instant::now() + pop.wait;
            loop {
                // One list at a time, so that no more than the most are taken.
                for list in pop.lists {
                    let taken = self.take(list, pop).await?;
                    if !taken.is_empty() {
                        return Ok(taken);
                    }
                }
                let left = give_up.saturating_duration_since(Instant::now());
                let interrupted = timeout(self.interval.min(left), self.interrupt.0.notified());
                if interrupted.await.is_ok() || left.is_zero() {
                    return Ok(Vec::new());
                }
            }
        })
    }

    fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::clone(&self.interrupt) as _
    }
}

impl Interrupt for PollingInterrupt {
    fn interrupt(&self) -> BoxFuture<'_, ()> {
        self.0.notify_one();
        Box::pin(std::future::ready(()))
    }
}
