//! The writer: what is waiting leaves in one write.
//!
//! Batching needs no timer: while one write is under way the next calls gather,
//! and a lone call leaves at once.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{sync::mpsc, task, time};

use super::{
    Shared,
    pending::{CallId, Failure},
};
use crate::{
    error::Error,
    transport::{Backoff, Push},
};

/// Most requests in one write.
const BATCH: usize = 1024;

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
            Ok(()) => return waiting.clear(),
            Err(error) => {
                tracing::warn!(error = error.report(), "requests wait for Redis");
            }
        }
        time::sleep(backoff.next()).await;
        let mut pending = shared.pending();
        waiting.retain(|&id| pending.waiting_on(id).is_some());
    }
}

/// One write of all that still have someone waiting.
///
/// # Errors
///
/// When nothing was written, so that it is safe to try again.
async fn write_once(
    shared: &Shared,
    waiting: &[CallId],
) -> Result<(), crate::error::TransportError> {
    let (ids, batch) = claim(shared, waiting);
    if batch.is_empty() {
        return Ok(());
    }
    let refused = match shared.transport.push(&batch).await {
        Ok(refused) => refused,
        Err(error) if error.may_have_been_sent() => {
            let failed = |id| (id, Err(Failure::Failed(Error::Transport(error.clone()))));
            shared.complete(ids.into_iter().map(failed));
            return Ok(());
        }
        Err(error) => {
            let mut pending = shared.pending();
            ids.into_iter().for_each(|id| pending.unclaim(id));
            return Err(error);
        }
    };
    let failed = refused
        .into_iter()
        .map(|(index, error)| (ids[index], Err(Failure::Failed(Error::Transport(error)))));
    shared.complete(failed);
    let sent = shared.pending().sent(ids.into_iter());
    shared.complete(sent.done.into_iter().map(|id| (id, Ok(Bytes::new()))));
    if !sent.watch.is_empty() {
        // Its receiver lives as long as this task.
        let _ = shared.watch.send(sent.watch);
    }
    Ok(())
}

/// Takes out those calls that still have someone waiting.
fn claim(shared: &Shared, waiting: &[CallId]) -> (Vec<CallId>, Vec<Push>) {
    let mut pending = shared.pending();
    waiting
        .iter()
        .filter_map(|&id| {
            let (queue, message) = pending.claim(id)?;
            let list = Arc::clone(&queue.name);
            let push = Push {
                list,
                message,
                expire: None,
            };
            Some((id, push))
        })
        .unzip()
}
