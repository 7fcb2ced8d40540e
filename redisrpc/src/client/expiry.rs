//! Deadlines: calls whose time is up, and requests that nobody waits for.

use std::{sync::Arc, task::Waker, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::{
    Shared, lock,
    pending::{CallId, Failure},
    queue::Queue,
};
use crate::{error::Started, transport::List};

/// Most requests withdrawn at once.
const BATCH: usize = 256;

/// How long the end of an expired call may wait for Redis to say whether its
/// request was still there.
const SETTLE: Duration = Duration::from_millis(500);

/// A request to be taken back out of its queue.
#[derive(Debug)]
pub(super) enum Withdrawal {
    /// Its call's time is up: the caller is told whether it was still there.
    Expired(CallId),
    /// Its call was dropped: nobody needs to know.
    Dropped(Arc<Queue>, Bytes),
}

/// Sleeps from deadline to deadline until the last client is gone.
pub(super) async fn keep_deadlines(shared: Arc<Shared>) {
    let _fail_all = FailAll(Arc::clone(&shared));
    loop {
        let due = shared.pending().due(std::time::Instant::now());
        if !due.watch.is_empty() {
            let _ = shared.watch.send(due.watch);
        }
        for id in due.expired {
            let _ = shared.withdrawals.send(Withdrawal::Expired(id));
        }
        match due.next {
            Some(next) => {
                let next = Instant::from_std(next);
                // Told of an earlier deadline, or waited for this one.
                let _ = time::timeout_at(next, shared.due.notified()).await;
            }
            None => shared.due.notified().await,
        }
    }
}

/// Takes requests back out of their queues, and ends expired calls with what
/// came of that.
pub(super) async fn withdraw(
    shared: Arc<Shared>,
    mut withdrawals: mpsc::UnboundedReceiver<Withdrawal>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while withdrawals.recv_many(&mut batch, BATCH).await > 0 {
        let (expired, requests) = to_withdraw(&shared, batch.drain(..));
        if requests.is_empty() {
            continue;
        }
        let found = time::timeout(SETTLE, shared.transport.withdraw(&requests)).await;
        let found = found.ok().and_then(Result::ok).unwrap_or_default();
        let outcomes = expired.into_iter().map(|(id, request)| {
            let started = match found.get(request) {
                Some(true) => Started::No,
                _ => Started::Unknown,
            };
            (id, Err(Failure::Expired(started)))
        });
        shared.complete(outcomes);
    }
}

/// An expired call, and which of the requests to withdraw is its own.
type Expired = (CallId, usize);

/// The requests to withdraw, and the expired calls that wait for what comes of
/// theirs. Those that were never written end here.
fn to_withdraw(
    shared: &Shared,
    batch: impl Iterator<Item = Withdrawal>,
) -> (Vec<Expired>, Vec<(List, Bytes)>) {
    let mut requests = Vec::new();
    let mut expired = Vec::new();
    let mut wakers = Vec::new();
    // Under one lock, so that no request is written between look and end.
    let mut pending = shared.pending();
    for withdrawal in batch {
        let written = match withdrawal {
            Withdrawal::Dropped(queue, request) => Some((queue, request)),
            Withdrawal::Expired(id) => {
                let written = pending.written(id);
                match written {
                    Some(_) => expired.push((id, requests.len())),
                    None => wakers.extend(pending.complete(id, Err(Failure::Expired(Started::No)))),
                }
                written
            }
        };
        requests.extend(written.map(|(queue, request)| (Arc::clone(&queue.name), request)));
    }
    drop(pending);
    wakers.into_iter().for_each(Waker::wake);
    (expired, requests)
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
