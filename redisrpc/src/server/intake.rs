//! The loop of a server: a permit first, then requests, then their runs.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time,
};

use super::{
    Options,
    aside::Aside,
    dispatch::{Dispatcher, Taken, Unbegun, runs_again},
    herald::Herald,
    keeping::{Keeping, Requests},
    respond::Replies,
    run::{Pace, Runner},
    shutdown::StopSignal,
};
use crate::{
    discovery::State,
    error::{Refusal, TransportError},
    metering::Meters,
    service::Service,
    transport::{Backoff, List, Pop, Popper, Transport},
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
        let herald = Herald::new::<S>(&self.queue, &self.transport, &self.options, &self.stop);
        let (mut aside, responder) = Aside::begin(&self, herald, runs_again::<S>);
        let dispatcher = Arc::new(Dispatcher::<S> {
            #[cfg(feature = "tower")]
            layers: self.options.layers.around::<S>(&cell),
            cell,
            queue: Arc::clone(&self.queue),
            transport: Arc::clone(&self.transport),
            options: self.options.clone(),
            responder,
            stopping: self.stop.watched(),
            herald: Arc::clone(&aside.herald),
            cancels: Arc::clone(&aside.cancels),
            meters: Meters::of_server(&self.queue),
            unbegun: Unbegun::default(),
        });
        let running = self.take_and_run(&dispatcher, &mut aside.keeping, Taken::run);
        let running = running.await;
        let (unbegun, responder) = (&dispatcher.unbegun, &dispatcher.responder);
        let settled = aside.settle(&self, running, unbegun, responder).await;
        // The last responder goes with it, and then the writer ends.
        drop(dispatcher);
        aside.end(&self, settled).await;
        Ok(())
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
        let mut runner = Runner::new(S::ORDERED);
        let replies = dispatcher.responder.replies();
        let source = Source::new(self, keeping, replies, runner.pace(), S::ORDERED);
        let mut requests = source.into_requests();
        while let Some((requests, permit)) = requests.next().await {
            runner.tidy();
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
        runner.into_tasks()
    }

    /// Deletes the queue.
    ///
    /// # Errors
    ///
    /// When Redis refuses that for good.
    fn flush(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
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
        })
    }
}

/// Where a server's requests come from.
struct Source<'a> {
    intake: &'a Intake,
    keeping: &'a mut Option<Keeping>,
    replies: Arc<Replies>,
    pace: Arc<Pace>,
    ordered: bool,
    permits: Arc<Semaphore>,
    popper: Box<dyn Popper>,
    backoff: Backoff,
}

impl<'a> Source<'a> {
    fn new(
        intake: &'a Intake,
        keeping: &'a mut Option<Keeping>,
        replies: &Arc<Replies>,
        pace: &Arc<Pace>,
        ordered: bool,
    ) -> Self {
        let concurrency = if ordered {
            1
        } else {
            let concurrency = intake.options.concurrency.get();
            concurrency.min(Semaphore::MAX_PERMITS)
        };
        Self {
            intake,
            keeping,
            replies: Arc::clone(replies),
            pace: Arc::clone(pace),
            ordered,
            permits: Arc::new(Semaphore::new(concurrency)),
            popper: intake.transport.popper(&intake.queue),
            backoff: Backoff::default(),
        }
    }

    /// The requests, each time with what permits to run them, until told to stop.
    fn into_requests(self) -> BoxStream<'a, (Requests, OwnedSemaphorePermit)> {
        Box::pin(stream::unfold(self, |mut source| async {
            let next = source.next().await?;
            Some((next, source))
        }))
    }

    async fn next(&mut self) -> Option<(Requests, OwnedSemaphorePermit)> {
        loop {
            let Some(permit) = self.permits().await else {
                self.replies.leave();
                return None;
            };
            let most = match self.ordered {
                true => MOST,
                false => permit.num_permits(),
            };
            match self.take(most.min(self.pace.most())).await {
                Ok(requests) => {
                    self.backoff.reset();
                    self.replies.expect();
                    return Some((requests, permit));
                }
                Err(error) => self.wait_for_redis(&error).await,
            }
        }
    }

    async fn wait_for_redis(&mut self, error: &TransportError) {
        let intake = self.intake;
        tracing::warn!(queue = %intake.queue, error = error.report(), "requests wait for Redis");
        self.replies.leave();
        tokio::select! {
            () = time::sleep(self.backoff.next()) => {}
            () = intake.stop.stopping() => {}
        }
    }

    /// As many permits as are free, at least one; `None` when told to stop. The
    /// replies are not expected to wait for one.
    async fn permits(&mut self) -> Option<OwnedSemaphorePermit> {
        let (stop, permits) = (&self.intake.stop, &self.permits);
        while stop.state() == State::Quiet {
            self.replies.leave();
            stop.is_no_longer(State::Quiet).await;
        }
        let free = permits.available_permits().clamp(1, MOST);
        if let Ok(permit) = Arc::clone(permits).try_acquire_many_owned(u32::try_from(free).ok()?)
            && !stop.is_stopping()
        {
            return Some(permit);
        }
        self.replies.leave();
        tokio::select! {
            biased;
            () = stop.stopping() => None,
            permit = Arc::clone(permits).acquire_owned() => permit.ok(),
        }
    }

    /// Takes up to `max` requests, and writes the replies that are ready. When
    /// told to stop meanwhile, none.
    async fn take(&mut self, max: usize) -> Result<Requests, TransportError> {
        let (intake, replies, popper) = (self.intake, &*self.replies, &mut *self.popper);
        let Some(keeping) = self.keeping else {
            let taken = pop(intake, popper, None, replies, max, WAIT).await?;
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
                () = intake.stop.stopping() => {}
                ready = keeping.make_ready() => ready?,
            }
            return Ok(Requests::new());
        };
        match pop(intake, popper, Some(&list), replies, max, wait).await {
            Ok(taken) => Ok(keeping.taken(taken).await),
            Err(error) => {
                keeping.failed(&error);
                Err(error)
            }
        }
    }
}

/// One pop. When told to stop meanwhile, it is ended and not dropped, so that
/// what it has taken is not lost.
async fn pop(
    intake: &Intake,
    popper: &mut dyn Popper,
    keep: Option<&List>,
    replies: &Replies,
    max: usize,
    wait: Duration,
) -> Result<Vec<Bytes>, TransportError> {
    let along = replies.take_along();
    let mut pushed = |outcome| {
        if let Err(error) = along.pushed(outcome) {
            tracing::warn!(queue = %intake.queue, error = error.report(), "replies wait for Redis");
        }
    };
    let interrupt = popper.interrupt();
    let pop = Pop {
        lists: std::slice::from_ref(&intake.queue),
        max,
        wait,
        keep,
    };
    let pop = popper.push_and_pop(along.write(), &mut pushed, pop);
    tokio::pin!(pop);
    tokio::select! {
        biased;
        popped = &mut pop => popped,
        () = intake.stop.is_no_longer(State::Running) => interrupt.end(pop).await,
    }
}
