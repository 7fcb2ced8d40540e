//! What a server does beside running requests: begun before the first, and ended after
//! the last.
//!
//! Futures are boxed here, and in the intake, wherever the service does not matter. So
//! they are compiled once, with this crate, and not again in every crate that serves.

use std::{sync::Arc, time::Instant};

use futures_util::future::BoxFuture;
use tokio::{
    task::{JoinHandle, JoinSet},
    time,
};

use super::{
    Delivery,
    cancel::{self, Cancels},
    dispatch::{Unbegun, lock},
    herald::Herald,
    intake::Intake,
    keeping::{Keeping, Living},
    progress::Receipt,
    recovery::Reaper,
    respond::{self, Responder},
};
use crate::{
    error::Refusal,
    transport::{Backoff, keeper::Done},
    wire::request::Request,
};

/// What a server does beside running requests.
pub(super) struct Aside {
    pub(super) herald: Arc<Herald>,
    pub(super) cancels: Arc<Cancels>,
    /// How requests are kept while they are in progress, if they are.
    pub(super) keeping: Option<Keeping>,
    /// Says that the server lives, if it keeps none.
    living: Option<Living>,
    writer: JoinHandle<()>,
    /// Answers for servers that died, and hears what callers say; ends with this.
    tasks: JoinSet<()>,
}

impl Aside {
    /// Begins it. `runs_again` says which requests do where their server has died.
    pub(super) fn begin(
        intake: &Intake,
        herald: Herald,
        runs_again: fn(&Request<'_>) -> bool,
    ) -> (Self, Responder) {
        let (transport, queue) = (&intake.transport, &intake.queue);
        let herald = Arc::new(herald);
        let cancels = Arc::<Cancels>::default();
        cancels.hear(true);
        let pusher = transport.pusher(queue);
        let (responder, writer) = respond::writer(queue, pusher, intake.options.messages);
        let writer = tokio::spawn(writer.run());
        tracing::info!(%queue, "serving");
        let (keeping, living) = live(intake, &herald);
        let mut tasks = JoinSet::new();
        let reaper = Reaper {
            transport: Arc::clone(transport),
            queue: Arc::clone(queue),
            look: intake.options.recovery.look(),
            runs_again,
        };
        tasks.spawn(reaper.run());
        let (hears, heard) = (Arc::clone(&cancels), Arc::clone(&herald));
        tasks.spawn(cancel::listen(
            hears,
            Arc::clone(transport),
            Arc::clone(queue),
            heard,
        ));
        let aside = Self {
            herald,
            cancels,
            keeping,
            living,
            writer,
            tasks,
        };
        (aside, responder)
    }

    /// Ends what is running, and puts back what has not begun. False if nobody knows
    /// whether it was.
    pub(super) fn settle<'a>(
        &'a mut self,
        intake: &'a Intake,
        running: JoinSet<()>,
        unbegun: &'a Unbegun,
        responder: &'a Responder,
    ) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            drain(intake, running).await;
            if let Some(keeping) = &mut self.keeping {
                let doubtful = keeping.last_doubtful().await;
                lock(unbegun).extend(doubtful);
            }
            put_back(intake, unbegun, responder).await
        })
    }

    /// Ends, when the last responder has gone.
    pub(super) fn end(mut self, intake: &Intake, settled: bool) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let queue = &intake.queue;
            self.tasks.abort_all();
            let written = time::timeout(intake.options.drain_timeout, self.writer).await;
            if written.is_err() {
                tracing::warn!(%queue, "stopped with replies that Redis did not take");
            }
            if let Some(keeping) = self.keeping {
                keeping.leave(settled && written.is_ok()).await;
            }
            if let Some(living) = self.living {
                living.leave().await;
            }
            tracing::info!(%queue, "stopped");
        })
    }
}

/// Begins to say that the server lives. How requests are kept while they are in
/// progress, if they are; and else only that.
fn live(intake: &Intake, herald: &Arc<Herald>) -> (Option<Keeping>, Option<Living>) {
    let keeps = intake.options.delivery != Delivery::AtMostOnce;
    let (transport, queue) = (&intake.transport, &intake.queue);
    let recovery = intake.options.recovery;
    if keeps && transport.keeper().is_some() {
        let keeping = Keeping::new(transport, queue, herald, recovery);
        return (Some(keeping), None);
    }
    let living = Living::new(transport, queue, herald, recovery);
    (None, Some(living))
}

/// Puts back what was taken and not begun. What cannot be is left there, and
/// answered in the end. False if nobody knows whether it was.
async fn put_back(intake: &Intake, unbegun: &Unbegun, responder: &Responder) -> bool {
    let Some(keeper) = intake.transport.keeper() else {
        return true;
    };
    let taken = std::mem::take(&mut *lock(unbegun));
    if taken.is_empty() {
        return true;
    }
    let (messages, receipts): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
    let mut done = Done::default();
    for (list, place) in receipts.iter().flatten().map(Receipt::place) {
        done.some.push((list, vec![place]));
    }
    let mut backoff = Backoff::default();
    let give_up = Instant::now() + intake.options.drain_timeout;
    loop {
        match keeper.put_back(&intake.queue, &messages, &done).await {
            Ok(()) => break,
            Err(error) if error.may_have_been_sent() => {
                // They are there or they are not: neither may be said of them.
                tracing::warn!(queue = %intake.queue, error = error.report(), "requests may not have been put back");
                return false;
            }
            Err(error) => {
                tracing::warn!(queue = %intake.queue, error = error.report(), "could not put requests back");
                if error.refusal() == Refusal::ForGood || Instant::now() >= give_up {
                    lock(unbegun).extend(messages.into_iter().zip(receipts));
                    return true;
                }
                time::sleep(backoff.next()).await;
            }
        }
    }
    for receipt in receipts.into_iter().flatten() {
        responder.give_back(receipt);
    }
    true
}

/// Waits for what is running; stops what takes too long, which answers it.
async fn drain(intake: &Intake, mut running: JoinSet<()>) {
    let all = async { while running.join_next().await.is_some() {} };
    if time::timeout(intake.options.drain_timeout, all)
        .await
        .is_err()
    {
        let left = running.len();
        tracing::warn!(queue = %intake.queue, left, "stopping requests that are still running");
        running.shutdown().await;
    }
}
