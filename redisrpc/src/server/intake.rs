//! The loop of a server: a permit first, then requests, then their runs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time,
};

use super::{
    Delivery, Options,
    cancel::{self, Cancels},
    dispatch::{Dispatcher, Taken, Unbegun, lock, runs_again},
    herald::Herald,
    keeping::{Keeping, Living, Requests},
    progress::Receipt,
    recovery::Reaper,
    respond::{self, Replies},
    run::Runner,
    shutdown::StopSignal,
};
use crate::{
    discovery::State,
    error::{Refusal, TransportError},
    metering::Meters,
    service::Service,
    transport::{Backoff, List, Pop, Popper, Transport, keeper::Done},
};

/// Most requests taken at once.
const MOST: usize = 512;

/// Longest wait for one: it bounds for how long Redis may hand requests to a
/// connection that is dead on this side.
pub(super) const WAIT: Duration = Duration::from_secs(1);

/// A server about to run.
pub(super) struct Intake {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) queue: List,
    pub(super) options: Options,
    pub(super) stop: StopSignal,
}

impl Intake {
    /// Serves until told to stop, then drains: every request taken is answered, or
    /// put back.
    ///
    /// # Errors
    ///
    /// When the queue was to be flushed and Redis refuses that for good.
    pub(super) async fn run<S: Service>(self, cell: Arc<S::Cell>) -> Result<(), TransportError> {
        if self.options.flush_on_start {
            self.flush().await?;
        }
        let herald = Arc::new(self.herald::<S>());
        let cancels = Arc::<Cancels>::default();
        cancels.hear(true);
        let pusher = self.transport.pusher(&self.queue);
        let (responder, writer) = respond::writer(&self.queue, pusher, self.options.messages);
        let writer = tokio::spawn(writer.run());
        let dispatcher = Arc::new(Dispatcher::<S> {
            cell,
            queue: Arc::clone(&self.queue),
            transport: Arc::clone(&self.transport),
            options: self.options.clone(),
            responder,
            stopping: self.stop.watched(),
            herald: Arc::clone(&herald),
            cancels: Arc::clone(&cancels),
            meters: Meters::of_server(&self.queue),
            unbegun: Unbegun::default(),
        });
        tracing::info!(queue = %self.queue, "serving");
        let (mut keeping, living) = self.live(&herald);
        let mut beside = self.reaping::<S>();
        let (transport, queue) = (Arc::clone(&self.transport), Arc::clone(&self.queue));
        beside.spawn(cancel::listen(cancels, transport, queue, herald));
        let running = self.take_and_run(&dispatcher, &mut keeping, Taken::run);
        let running = running.await;
        self.drain(running).await;
        if let Some(keeping) = &mut keeping {
            let doubtful = keeping.last_doubtful().await;
            lock(&dispatcher.unbegun).extend(doubtful);
        }
        let settled = self.put_back(&dispatcher).await;
        beside.abort_all();
        // The last responder goes with it, and then the writer ends.
        drop(dispatcher);
        let written = time::timeout(self.options.drain_timeout, writer).await;
        if written.is_err() {
            tracing::warn!(queue = %self.queue, "stopped with replies that Redis did not take");
        }
        if let Some(keeping) = keeping {
            keeping.leave(settled && written.is_ok()).await;
        }
        if let Some(living) = living {
            living.leave().await;
        }
        tracing::info!(queue = %self.queue, "stopped");
        Ok(())
    }

    fn herald<S: Service>(&self) -> Herald {
        let (transport, options) = (&self.transport, &self.options);
        Herald::new::<S>(&self.queue, transport, options, &self.stop)
    }

    /// Begins to say that the server lives. How requests are kept while they are in
    /// progress, if they are; and else only that.
    fn live(&self, herald: &Arc<Herald>) -> (Option<Keeping>, Option<Living>) {
        let keeps = self.options.delivery != Delivery::AtMostOnce;
        let (transport, queue) = (&self.transport, &self.queue);
        let recovery = self.options.recovery;
        if keeps && transport.keeper().is_some() {
            let keeping = Keeping::new(transport, queue, herald, recovery);
            return (Some(keeping), None);
        }
        let living = Living::new(transport, queue, herald, recovery);
        (None, Some(living))
    }

    /// The task that answers for servers that died; ends with what is returned.
    fn reaping<S: Service>(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let reaper = Reaper {
            transport: Arc::clone(&self.transport),
            queue: Arc::clone(&self.queue),
            look: self.options.recovery.look(),
            runs_again: runs_again::<S>,
        };
        tasks.spawn(reaper.run());
        tasks
    }

    /// Takes requests and runs them until told to stop; what then still runs.
    async fn take_and_run<S, F>(
        &self,
        dispatcher: &Arc<Dispatcher<S>>,
        keeping: &mut Option<Keeping>,
        run: impl Fn(Taken<S>) -> F + Copy + Send + 'static,
    ) -> JoinSet<()>
    where
        S: Service,
        F: Future<Output = ()> + Send + 'static,
    {
        let concurrency = if S::ORDERED {
            1
        } else {
            self.options.concurrency.get().min(Semaphore::MAX_PERMITS)
        };
        let permits = Arc::new(Semaphore::new(concurrency));
        let replies = Arc::clone(dispatcher.responder.replies());
        let mut runner = Runner::new(S::ORDERED);
        let mut popper = self.transport.popper(&self.queue);
        let mut backoff = Backoff::default();
        while let Some(permit) = self.permits(&permits, &replies).await {
            runner.tidy();
            let most = match S::ORDERED {
                true => MOST,
                false => permit.num_permits(),
            };
            let most = most.min(runner.most());
            match self.take(&mut *popper, keeping, &replies, most).await {
                Ok(requests) => {
                    backoff.reset();
                    replies.expect();
                    let dispatcher = Arc::clone(dispatcher);
                    let taken = move |it| Taken::new(Arc::clone(&dispatcher), it);
                    // None is only bytes any more, should this be dropped.
                    let requests: Vec<_> = requests.into_iter().map(taken).collect();
                    let requests = requests.into_iter().map(run);
                    if S::ORDERED {
                        runner.one_by_one(requests, permit).await;
                    } else {
                        runner.side_by_side(requests, permit).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(queue = %self.queue, error = error.report(), "requests wait for Redis");
                    replies.leave();
                    tokio::select! {
                        () = time::sleep(backoff.next()) => {}
                        () = self.stop.stopping() => {}
                    }
                }
            }
        }
        replies.leave();
        runner.into_tasks()
    }

    /// As many permits as are free, at least one; `None` when told to stop. The
    /// replies are not expected to wait for one.
    async fn permits(
        &self,
        permits: &Arc<Semaphore>,
        replies: &Replies,
    ) -> Option<OwnedSemaphorePermit> {
        while self.stop.state() == State::Quiet {
            replies.leave();
            self.stop.is_no_longer(State::Quiet).await;
        }
        let free = permits.available_permits().clamp(1, MOST);
        if let Ok(permit) = Arc::clone(permits).try_acquire_many_owned(u32::try_from(free).ok()?)
            && !self.stop.is_stopping()
        {
            return Some(permit);
        }
        replies.leave();
        tokio::select! {
            biased;
            () = self.stop.stopping() => None,
            permit = Arc::clone(permits).acquire_owned() => permit.ok(),
        }
    }

    /// Takes up to `max` requests, and writes the replies that are ready. When
    /// told to stop meanwhile, none.
    async fn take(
        &self,
        popper: &mut dyn Popper,
        keeping: &mut Option<Keeping>,
        replies: &Replies,
        max: usize,
    ) -> Result<Requests, TransportError> {
        let Some(keeping) = keeping else {
            let taken = self.pop(popper, None, replies, max, WAIT).await?;
            return Ok(taken.into_iter().map(|request| (request, None)).collect());
        };
        let doubtful = keeping.doubtful().await;
        if !doubtful.is_empty() {
            return Ok(doubtful);
        }
        let wait = keeping.wait(WAIT);
        let Some(list) = keeping.ready() else {
            // It may take a while.
            replies.leave();
            tokio::select! {
                biased;
                () = self.stop.stopping() => {}
                ready = keeping.make_ready() => ready?,
            }
            return Ok(Requests::new());
        };
        match self.pop(popper, Some(&list), replies, max, wait).await {
            Ok(taken) => Ok(keeping.taken(taken).await),
            Err(error) => {
                keeping.failed(&error);
                Err(error)
            }
        }
    }

    /// One pop. When told to stop meanwhile, it is ended and not dropped, so that
    /// what it has taken is not lost.
    async fn pop(
        &self,
        popper: &mut dyn Popper,
        keep: Option<&List>,
        replies: &Replies,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Bytes>, TransportError> {
        let along = replies.take_along();
        let mut pushed = |outcome| {
            if let Err(error) = along.pushed(outcome) {
                tracing::warn!(queue = %self.queue, error = error.report(), "replies wait for Redis");
            }
        };
        let interrupt = popper.interrupt();
        let pop = Pop {
            lists: std::slice::from_ref(&self.queue),
            max,
            wait,
            keep,
        };
        let pop = popper.push_and_pop(along.write(), &mut pushed, pop);
        tokio::pin!(pop);
        tokio::select! {
            biased;
            popped = &mut pop => popped,
            () = self.stop.is_no_longer(State::Running) => interrupt.end(pop).await,
        }
    }

    /// Puts back what was taken and not begun. What cannot be is answered by the
    /// dispatcher, in the end. False if nobody knows whether it was.
    async fn put_back<S: Service>(&self, dispatcher: &Dispatcher<S>) -> bool {
        let Some(keeper) = self.transport.keeper() else {
            return true;
        };
        let unbegun = std::mem::take(&mut *lock(&dispatcher.unbegun));
        if unbegun.is_empty() {
            return true;
        }
        let (messages, receipts): (Vec<_>, Vec<_>) = unbegun.into_iter().unzip();
        let mut done = Done::default();
        for (list, place) in receipts.iter().flatten().map(Receipt::place) {
            done.some.push((list, vec![place]));
        }
        let mut backoff = Backoff::default();
        let give_up = Instant::now() + self.options.drain_timeout;
        loop {
            match keeper.put_back(&self.queue, &messages, &done).await {
                Ok(()) => break,
                Err(error) if error.may_have_been_sent() => {
                    // They are there or they are not: neither may be said of them.
                    tracing::warn!(queue = %self.queue, error = error.report(), "requests may not have been put back");
                    return false;
                }
                Err(error) => {
                    tracing::warn!(queue = %self.queue, error = error.report(), "could not put requests back");
                    if error.refusal() == Refusal::ForGood || Instant::now() >= give_up {
                        let unbegun = messages.into_iter().zip(receipts);
                        lock(&dispatcher.unbegun).extend(unbegun);
                        return true;
                    }
                    time::sleep(backoff.next()).await;
                }
            }
        }
        for receipt in receipts.into_iter().flatten() {
            dispatcher.responder.give_back(receipt);
        }
        true
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

    async fn flush(&self) -> Result<(), TransportError> {
        let mut backoff = Backoff::default();
        let queues = [Arc::clone(&self.queue)];
        while let Err(error) = self.transport.delete(&queues).await {
            tracing::warn!(queue = %self.queue, error = error.report(), "could not flush the queue");
            if error.refusal() == Refusal::ForGood {
                return Err(error);
            }
            if self.stop.is_stopping() {
                break;
            }
            time::sleep(backoff.next()).await;
        }
        Ok(())
    }
}
