//! Deadlines: calls whose time is up, and requests that nobody waits for.

use std::{sync::Arc, task::Waker, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::{
    Shared, lock, own_queues,
    pending::{CallId, Expiring, Failure, Withdrawal},
};
use crate::{error::Started, transport::List};

/// Most requests withdrawn at once.
const BATCH: usize = 256;

/// Shortest sleep between two looks at what is due, however many calls are.
const BREATH: Duration = Duration::from_millis(2);

/// How long the end of an expired call may wait for Redis to say whether its
/// request was still there.
const SETTLE: Duration = Duration::from_millis(500);

/// An expired call whose request was written.
pub(super) type Expired = (CallId, Withdrawal);

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
                let _ = shared.expired.send((id, request));
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

/// Ends expired calls: takes their requests back out of their queues, and says
/// what came of that.
pub(super) async fn settle(shared: Arc<Shared>, mut expired: mpsc::UnboundedReceiver<Expired>) {
    let mut batch = Vec::with_capacity(BATCH);
    while expired.recv_many(&mut batch, BATCH).await > 0 {
        let requests: Vec<_> = batch
            .iter()
            .map(|(_, request)| to_withdraw(request))
            .collect();
        let found = time::timeout(SETTLE, shared.transport.withdraw(&requests)).await;
        let silent = found.is_err();
        let found = found.ok().and_then(Result::ok).unwrap_or_default();
        let outcomes = batch.drain(..).enumerate().map(|(index, (id, _))| {
            let started = match found.get(index) {
                Some(true) => Started::No,
                _ => Started::Unknown,
            };
            (id, Err(Failure::Expired(started)))
        });
        shared.complete(outcomes);
        if silent {
            give_up(&shared, &mut expired);
        }
    }
}

/// Ends all expired calls without asking Redis, which has stopped answering: none
/// waits longer because others wait before it.
fn give_up(shared: &Shared, expired: &mut mpsc::UnboundedReceiver<Expired>) {
    let mut outcomes = Vec::new();
    while let Ok((id, request)) = expired.try_recv() {
        outcomes.push((id, Err(Failure::Expired(Started::Unknown))));
        let _ = shared.withdrawals.send(request);
    }
    shared.complete(outcomes);
}

fn to_withdraw((queue, request): &Withdrawal) -> (List, Bytes) {
    (Arc::clone(&queue.name), request.clone())
}

/// Takes the requests of dropped calls back out of their queues. What Redis does
/// not answer for is left to the servers, which drop it once its deadline is past.
pub(super) async fn withdraw(
    shared: Arc<Shared>,
    mut withdrawals: mpsc::UnboundedReceiver<Withdrawal>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while withdrawals.recv_many(&mut batch, BATCH).await > 0 {
        let requests: Vec<_> = batch
            .drain(..)
            .map(|request| to_withdraw(&request))
            .collect();
        if let Err(error) = shared.transport.withdraw(&requests).await {
            let error = error.report();
            tracing::debug!(error, "could not withdraw the requests of dropped calls");
        }
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
