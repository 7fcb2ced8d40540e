//! Tells servers of calls that were given up while a server may run them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Shared, pending::Withdrawal};
use crate::{
    error::TransportError,
    transport::{List, Push},
    wire::names,
};

/// Most calls told of at once.
const BATCH: usize = 256;

/// How long what a server was told may stand unheard.
pub(super) const UNHEARD: Duration = Duration::from_secs(10);

/// Tells the servers of each queue of its calls, until the last client is gone. What
/// cannot be told is let be: the call then runs for nobody.
pub(super) async fn tell(shared: Arc<Shared>, mut given_up: mpsc::UnboundedReceiver<Withdrawal>) {
    let mut batch = Vec::with_capacity(BATCH);
    while given_up.recv_many(&mut batch, BATCH).await > 0 {
        let mut queues: HashMap<List, Vec<Bytes>> = HashMap::new();
        for call in batch.drain(..) {
            let calls = queues.entry(Arc::clone(&call.queue.name)).or_default();
            calls.push(call.queue.own_queue(call.id).into());
        }
        for (queue, calls) in queues {
            if let Err(error) = tell_servers(&shared, &queue, &calls).await {
                let error = error.report();
                tracing::debug!(%queue, error, "could not tell servers of calls that were given up");
            }
        }
    }
}

/// All of them: which of them runs a call nobody knows but itself.
async fn tell_servers(
    shared: &Shared,
    queue: &List,
    calls: &[Bytes],
) -> Result<(), TransportError> {
    let servers = shared.transport.registry().servers(queue).await?;
    let lists = servers
        .iter()
        .map(|(server, _)| List::from(names::told(queue, server)));
    let pushes: Vec<_> = lists
        .flat_map(|list| {
            calls.iter().map(move |call| Push {
                list: Arc::clone(&list),
                message: call.clone(),
                expire: Some(UNHEARD),
            })
        })
        .collect();
    push(shared, &pushes).await
}

/// Puts these where servers hear them.
pub(super) async fn push(shared: &Shared, pushes: &[Push]) -> Result<(), TransportError> {
    if pushes.is_empty() {
        return Ok(());
    }
    let written = shared.transport.push(pushes).await?;
    match written.refused.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}
