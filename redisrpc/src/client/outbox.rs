//! The writer: what is waiting leaves in one write.
//!
//! Batching needs no timer: while one write is under way the next calls gather,
//! and a lone call leaves at once.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{sync::mpsc, task, time};

use super::{
    Shared, own_queues,
    pending::{CallId, Failure},
};
use crate::{
    error::{Error, Refusal, TransportError},
    transport::{Backoff, Push, Refused},
};

/// Most requests in one write.
const BATCH: usize = 1024;

/// Size at which a write takes no further request, in bytes: large ones do not
/// hold up each other, nor fill Redis' buffer for one client.
const BATCH_BYTES: usize = 1024 * 1024;

/// Writes calls until the last client is gone.
pub(super) async fn run(shared: Arc<Shared>, mut calls: mpsc::UnboundedReceiver<CallId>) {
    let mut waiting = Vec::with_capacity(BATCH);
    while calls.recv_many(&mut waiting, BATCH).await > 0 {
        // Tasks that are ready to make their calls do so before this one is
        // polled again: their calls leave in the same write.
        task::yield_now().await;
        while waiting.len() < BATCH {
            let Ok(id) = calls.try_recv() else { break };
            waiting.push(id);
        }
        write(&shared, &mut waiting).await;
    }
}

/// Writes these calls, trying until Redis is there or nobody waits any more.
async fn write(shared: &Shared, waiting: &mut Vec<CallId>) {
    let mut backoff = Backoff::default();
    while !waiting.is_empty() {
        let written = match shared.transport.ready().await {
            Ok(()) => write_once(shared, waiting).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(error = error.report(), "requests wait for Redis");
            }
        }
        time::sleep(backoff.next()).await;
        let mut pending = shared.pending();
        waiting.retain(|&id| pending.waiting_on(id).is_some());
    }
}

/// One write of all that still have someone waiting, as many as fit.
///
/// # Errors
///
/// When some were not written, so that it is safe to try again: those are left
/// in `waiting`.
async fn write_once(shared: &Shared, waiting: &mut Vec<CallId>) -> Result<(), TransportError> {
    while !waiting.is_empty() {
        let (ids, batch) = claim(shared, waiting);
        if batch.is_empty() {
            continue;
        }
        match shared.transport.push(&batch).await {
            Ok(refused) => {
                let passing = refuse(shared, &ids, refused, waiting);
                sent(shared, &ids);
                passing?;
            }
            // Perhaps Redis has them: they wait for a reply, or for their time.
            Err(error) if error.may_have_been_sent() => {
                tracing::warn!(error = error.report(), "requests may not have been written");
                fail_oneway(shared, &ids, &error);
                sent(shared, &ids);
            }
            Err(error) => {
                put_back(shared, ids, waiting);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Ends the calls that Redis refused, or puts them back if it may take them later.
fn refuse(
    shared: &Shared,
    ids: &[CallId],
    refused: Refused,
    waiting: &mut Vec<CallId>,
) -> Result<(), TransportError> {
    let (passing, lasting): (Refused, Refused) = refused
        .into_iter()
        .partition(|(_, error)| error.refusal() == Refusal::Failover);
    let failed = lasting
        .into_iter()
        .map(|(index, error)| (ids[index], Err(Failure::Failed(Error::Transport(error)))));
    shared.complete(failed);
    let Some((_, error)) = passing.first() else {
        return Ok(());
    };
    let error = error.clone();
    let again = passing.iter().map(|(index, _)| ids[*index]).collect();
    put_back(shared, again, waiting);
    Err(error)
}

fn put_back(shared: &Shared, ids: Vec<CallId>, waiting: &mut Vec<CallId>) {
    let mut pending = shared.pending();
    ids.iter().for_each(|&id| pending.unclaim(id));
    waiting.splice(0..0, ids);
}

/// Nobody waits for a reply that would tell.
fn fail_oneway(shared: &Shared, ids: &[CallId], error: &TransportError) {
    let oneway = shared.pending().oneway(ids);
    let failed = |id| (id, Err(Failure::Failed(Error::Transport(error.clone()))));
    shared.complete(oneway.into_iter().map(failed));
}

/// What follows for calls that are written.
fn sent(shared: &Shared, ids: &[CallId]) {
    let sent = shared.pending().sent(ids.iter().copied());
    shared.complete(sent.done.into_iter().map(|id| (id, Ok(Bytes::new()))));
    if !sent.watch.is_empty() {
        // Its receiver lives as long as this task.
        let _ = shared.watch.send(own_queues::Request::Watch(sent.watch));
    }
}

/// Takes the next calls that still have someone waiting, up to a write's size.
fn claim(shared: &Shared, waiting: &mut Vec<CallId>) -> (Vec<CallId>, Vec<Push>) {
    let mut pending = shared.pending();
    let (mut ids, mut batch) = (Vec::new(), Vec::new());
    let (mut bytes, mut taken) = (0, 0);
    for &id in waiting.iter() {
        if bytes >= BATCH_BYTES {
            break;
        }
        taken += 1;
        if let Some((queue, message)) = pending.claim(id) {
            bytes += message.len();
            ids.push(id);
            batch.push(Push {
                list: Arc::clone(&queue.name),
                message,
                expire: None,
            });
        }
    }
    waiting.drain(..taken);
    (ids, batch)
}
