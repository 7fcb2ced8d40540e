//! The loop of a server: a permit first, then a request, then its run.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time,
};

use super::{
    Options,
    dispatch::{Dispatcher, Taken},
    respond,
    shutdown::StopSignal,
};
use crate::{
    service::Service,
    transport::{Backoff, List, Popper, Transport},
};

/// Most requests taken at once.
const BATCH: usize = 128;

/// Longest wait for one: it bounds for how long Redis may hand requests to a
/// connection that is dead on this side.
const WAIT: Duration = Duration::from_secs(1);

/// A server about to run.
pub(super) struct Intake {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) queue: List,
    pub(super) options: Options,
    pub(super) stop: StopSignal,
}

impl Intake {
    /// Serves until told to stop, then drains: every request taken is answered.
    pub(super) async fn run<S: Service>(self, service: S) {
        if self.options.flush_on_start {
            self.flush().await;
        }
        let (responder, writer) = respond::writer(Arc::clone(&self.transport));
        let writer = tokio::spawn(writer.run());
        let dispatcher = Arc::new(Dispatcher::<S> {
            cell: Arc::new(service.into_cell()),
            queue: Arc::clone(&self.queue),
            transport: Arc::clone(&self.transport),
            options: self.options.clone(),
            responder,
        });
        let popper = self.transport.popper(&self.queue);
        tracing::info!(queue = %self.queue, "serving");
        let mut running = JoinSet::new();
        self.take_and_run(popper, &dispatcher, &mut running).await;
        self.drain(running).await;
        // The last responder goes with it, and then the writer ends.
        drop(dispatcher);
        if time::timeout(self.options.drain_timeout, writer)
            .await
            .is_err()
        {
            tracing::warn!(queue = %self.queue, "stopped with replies that Redis did not take");
        }
        tracing::info!(queue = %self.queue, "stopped");
    }

    /// Takes requests and starts them until told to stop.
    async fn take_and_run<S: Service>(
        &self,
        mut popper: Box<dyn Popper>,
        dispatcher: &Arc<Dispatcher<S>>,
        running: &mut JoinSet<()>,
    ) {
        let concurrency = if S::ORDERED {
            1
        } else {
            self.options.concurrency.get().min(Semaphore::MAX_PERMITS)
        };
        let permits = Arc::new(Semaphore::new(concurrency));
        let mut backoff = Backoff::default();
        while let Some(mut permit) = self.permits(&permits, running).await {
            match self.take(&mut *popper, permit.num_permits()).await {
                Ok(requests) => {
                    backoff.reset();
                    for request in requests {
                        let one = permit.split(1).expect("no more requests than permits");
                        let taken = Taken::new(Arc::clone(dispatcher), request);
                        running.spawn(async move {
                            taken.run().await;
                            drop(one);
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(queue = %self.queue, error = error.report(), "requests wait for Redis");
                    tokio::select! {
                        () = time::sleep(backoff.next()) => {}
                        () = self.stop.stopping() => {}
                    }
                }
            }
        }
    }

    /// As many permits as are free, at least one; `None` when told to stop.
    async fn permits(
        &self,
        permits: &Arc<Semaphore>,
        running: &mut JoinSet<()>,
    ) -> Option<OwnedSemaphorePermit> {
        // Tasks that have ended would otherwise be kept until the very end.
        while running.try_join_next().is_some() {}
        let mut permit = tokio::select! {
            biased;
            () = self.stop.stopping() => return None,
            permit = Arc::clone(permits).acquire_owned() => permit.ok()?,
        };
        let more = permits.available_permits().min(BATCH - 1);
        if let Ok(more) = Arc::clone(permits).try_acquire_many_owned(u32::try_from(more).ok()?) {
            permit.merge(more);
        }
        Some(permit)
    }

    /// Takes up to `max` requests. When told to stop meanwhile, the pop is ended
    /// and not dropped, so that what it has taken is not lost.
    async fn take(
        &self,
        popper: &mut dyn Popper,
        max: usize,
    ) -> Result<Vec<Bytes>, crate::error::TransportError> {
        let interrupt = popper.interrupt();
        let queues = [Arc::clone(&self.queue)];
        let pop = popper.pop(&queues, max, WAIT);
        tokio::pin!(pop);
        tokio::select! {
            popped = &mut pop => popped,
            () = self.stop.stopping() => interrupt.end(pop).await,
        }
    }

    /// Waits for what is running; stops what takes too long, which answers it.
    async fn drain(&self, mut running: JoinSet<()>) {
        let all = async { while running.join_next().await.is_some() {} };
        if time::timeout(self.options.drain_timeout, all)
            .await
            .is_err()
        {
            let left = running.len();
            tracing::warn!(queue = %self.queue, left, "stopping requests that are still running");
            running.shutdown().await;
        }
    }

    async fn flush(&self) {
        let mut backoff = Backoff::default();
        let queues = [Arc::clone(&self.queue)];
        while let Err(error) = self.transport.delete(&queues).await {
            tracing::warn!(queue = %self.queue, %error, "could not flush the queue");
            if self.stop.is_stopping() {
                return;
            }
            time::sleep(backoff.next()).await;
        }
    }
}
