//! Calls that end without a reply, and requests that nobody waits for.

use std::{sync::Arc, task::Waker, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::{
    Shared, lock, own_queues,
    pending::{CallId, Expiring, Failure, GoesOn, Pending, Unsettled, Why, Withdrawal},
};
use crate::{error::Started, metering, transport::List};

/// Most requests withdrawn at once.
const BATCH: usize = 256;

/// Shortest sleep between two looks at what is due, however many calls are.
const BREATH: Duration = Duration::from_millis(2);

/// How long the end of an expired call may wait for Redis to say whether its
/// request was still there.
const SETTLE: Duration = Duration::from_millis(500);

/// Sleeps from deadline to deadline until the last client is gone.
pub(super) async fn keep_deadlines(shared: Arc<Shared>) {
    let _fail_all = FailAll(Arc::clone(&shared));
    loop {
        let due = shared.pending().due(std::time::Instant::now());
        if !due.watch.is_empty() {
            let _ = shared.watch.send(own_queues::Request::Watch(due.watch));
        }
        expire(&shared, due.expired);
        match due.next {
            Some(next) => {
                let next = Instant::from_std(next).max(Instant::now() + BREATH);
                // Told of an earlier deadline, or waited for this one.
                let _ = time::timeout_at(next, shared.due.notified()).await;
            }
            None => shared.due.notified().await,
        }
    }
}

/// Ends expired calls that were never written; the others are to be settled.
fn expire(shared: &Shared, expired: Vec<CallId>) {
    let mut wakers = Vec::new();
    // Under one lock, so that no request is written between look and end.
    let mut pending = shared.pending();
    for id in expired {
        let started = match pending.expiring(id) {
            Expiring::Written(request) => {
                let _ = shared.unsettled.send(request.because(Why::Expired));
                continue;
            }
            Expiring::Unwritten => Started::No,
            Expiring::Unknown => Started::Unknown,
        };
        wakers.extend(pending.complete(id, Err(Failure::Expired(started))));
    }
    drop(pending);
    wakers.into_iter().for_each(Waker::wake);
}

/// Takes requests back out of their queues, and ends their calls as what came of
/// that tells.
pub(super) async fn settle(shared: Arc<Shared>, mut unsettled: mpsc::UnboundedReceiver<Unsettled>) {
    let mut batch = Vec::with_capacity(BATCH);
    while unsettled.recv_many(&mut batch, BATCH).await > 0 {
        let requests: Vec<_> = batch
            .iter()
            .map(|unsettled| to_withdraw(&unsettled.withdrawal))
            .collect();
        let found = time::timeout(SETTLE, shared.transport.withdraw(&requests)).await;
        let silent = found.is_err();
        let found = found.ok().and_then(Result::ok).unwrap_or_default();
        let found = found.into_iter().chain(std::iter::repeat(false));
        end(&shared, batch.drain(..).zip(found));
        if silent {
            give_up(&shared, &mut unsettled);
        }
    }
}

/// Ends these calls, their requests having been found in their queues or not.
fn end(shared: &Shared, unsettled: impl Iterator<Item = (Unsettled, bool)>) {
    let mut pending = shared.pending();
    let wakers: Vec<Waker> = unsettled
        .filter_map(|(unsettled, found)| end_one(shared, &mut pending, unsettled, found))
        .collect();
    drop(pending);
    wakers.into_iter().for_each(Waker::wake);
}

fn end_one(
    shared: &Shared,
    pending: &mut Pending,
    Unsettled { withdrawal, why }: Unsettled,
    found: bool,
) -> Option<Waker> {
    let id = withdrawal.id;
    // It may have been answered meanwhile.
    pending.waiting_on(id)?;
    let outcome = match (why, found) {
        (Why::Expired, true) => Err(Failure::Expired(Started::No)),
        (Why::Expired, false) => Err(Failure::Expired(Started::Unknown)),
        (Why::Overlong { found, most }, true) => Err(Failure::Overlong { found, most }),
        (Why::Overlong { .. }, false) => match pending.goes_on(id)? {
            GoesOn::Done => Ok(Bytes::new()),
            GoesOn::Watch => {
                let _ = shared.watch.send(own_queues::Request::Watch(vec![id]));
                return None;
            }
        },
    };
    let waker = pending.complete(id, outcome);
    if found {
        metering::withdrawn(&withdrawal.queue.name);
        shared.unwatch(&withdrawal);
    } else {
        shared.gone(&withdrawal);
        shared.give_up(withdrawal);
    }
    waker
}

/// Settles all without asking Redis, which has stopped answering: none waits longer
/// because others wait before it.
fn give_up(shared: &Shared, unsettled: &mut mpsc::UnboundedReceiver<Unsettled>) {
    let mut left = Vec::new();
    while let Ok(next) = unsettled.try_recv() {
        left.push((next, false));
    }
    let expired = left.iter().filter(|(it, _)| it.why == Why::Expired);
    let withdrawals: Vec<_> = expired.map(|(it, _)| it.withdrawal.clone()).collect();
    end(shared, left.into_iter());
    for withdrawal in withdrawals {
        let _ = shared.withdrawals.send(withdrawal);
    }
}

fn to_withdraw(withdrawal: &Withdrawal) -> (List, Bytes) {
    (
        Arc::clone(&withdrawal.queue.name),
        withdrawal.request.clone(),
    )
}

/// Takes the requests of dropped calls back out of their queues. What Redis does
/// not answer for is left to the servers, which drop it once its deadline is past.
pub(super) async fn withdraw(
    shared: Arc<Shared>,
    mut withdrawals: mpsc::UnboundedReceiver<Withdrawal>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while withdrawals.recv_many(&mut batch, BATCH).await > 0 {
        let requests: Vec<_> = batch.iter().map(to_withdraw).collect();
        match shared.transport.withdraw(&requests).await {
            Ok(found) => {
                let (found, gone): (Vec<_>, Vec<_>) =
                    batch.drain(..).zip(found).partition(|(_, found)| *found);
                for (withdrawal, _) in &found {
                    metering::withdrawn(&withdrawal.queue.name);
                }
                shared.late(found.iter().map(|(withdrawal, _)| withdrawal.id).collect());
                for (withdrawal, _) in gone {
                    shared.give_up(withdrawal);
                }
            }
            Err(error) => {
                let error = error.report();
                tracing::debug!(error, "could not withdraw the requests of dropped calls");
            }
        }
        batch.clear();
    }
}

/// Fails all calls when the runtime that drives them ends: those that wait in
/// another runtime would otherwise wait for ever.
struct FailAll(Arc<Shared>);

impl Drop for FailAll {
    fn drop(&mut self) {
        let wakers = lock(&self.0.pending).close();
        wakers.into_iter().for_each(Waker::wake);
    }
}
