//! Old servers' replies, each on a queue of its call's own.
//!
//! An old server cannot echo an id, so every call names a list for its reply
//! alone. Redis is asked to say when such a list changes, and is left alone until
//! it does: no connection blocks on it, no other call waits behind it, and what
//! Redis does for a reply is the same however many calls are out. A reply that
//! comes when its call has ended is deleted: old servers put no expiry on it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::mpsc, time};

use super::{
    Shared,
    pending::{CallId, Outcome},
    queue::Queue,
};
use crate::{
    error::TransportError,
    transport::{List, Notice},
};

/// How long to leave Redis alone after it failed to answer.
const PAUSE: Duration = Duration::from_millis(100);

/// What has come up since the last look.
#[derive(Default)]
struct News {
    /// Calls whose own queues are to be watched.
    watch: Vec<CallId>,
    /// Lists that changed.
    changed: Vec<String>,
    /// The connection is a new one: all that was watched is to be watched again.
    forgotten: bool,
}

/// Watches own queues until the last client is gone.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut watch: mpsc::UnboundedReceiver<Vec<CallId>>,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let mut news = News::default();
    loop {
        tokio::select! {
            Some(ids) = watch.recv() => news.watch.extend(ids),
            Some(notice) = notices.recv() => news.note(notice),
            else => return,
        }
        loop {
            while let Ok(ids) = watch.try_recv() {
                news.watch.extend(ids);
            }
            while let Ok(notice) = notices.try_recv() {
                news.note(notice);
            }
            if news.is_empty() {
                break;
            }
            if let Err(error) = look(&shared, &mut news).await {
                tracing::warn!(error = error.report(), "own queues wait for Redis");
                // Whatever was being done is done again for all that still wait.
                news = News {
                    forgotten: true,
                    ..News::default()
                };
                time::sleep(PAUSE).await;
            }
        }
    }
}

impl News {
    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Changed(list) => self.changed.push(list),
            Notice::Forgotten => self.forgotten = true,
        }
    }

    fn is_empty(&self) -> bool {
        self.watch.is_empty() && self.changed.is_empty() && !self.forgotten
    }
}

/// Begins to watch what is to be watched, and takes the replies that are there.
async fn look(shared: &Shared, news: &mut News) -> Result<(), TransportError> {
    if std::mem::take(&mut news.forgotten) {
        news.watch.extend(shared.pending().watched());
    }
    let (ids, lists) = own_queues(shared, &std::mem::take(&mut news.watch));
    let (mut there, late) = answered(shared, std::mem::take(&mut news.changed));
    if !late.is_empty() {
        shared.transport.delete(&late).await?;
    }
    if !lists.is_empty() {
        let present = shared.transport.watch(&lists).await?;
        let found = ids.into_iter().zip(present);
        there.extend(found.filter_map(|(id, present)| present.then_some(id)));
    }
    let (ids, lists) = own_queues(shared, &there);
    if lists.is_empty() {
        return Ok(());
    }
    let taken = shared.transport.take(&lists).await?;
    let mut outcomes: Vec<(CallId, Outcome)> = Vec::with_capacity(ids.len());
    for (id, reply) in ids.into_iter().zip(taken) {
        match reply {
            Some(reply) => outcomes.push((id, Ok::<Bytes, _>(reply))),
            // It changed and holds nothing: back to watching it.
            None => news.watch.push(id),
        }
    }
    shared.complete(outcomes);
    Ok(())
}

/// Of lists that changed, the calls that are answered, and those of this client's
/// own queues whose calls wait no more.
fn answered(shared: &Shared, changed: Vec<String>) -> (Vec<CallId>, Vec<List>) {
    let mut there = Vec::new();
    let mut late = Vec::new();
    let mut pending = shared.pending();
    for list in changed {
        let Some(id) = Queue::owner(&list) else {
            continue;
        };
        match pending.waiting_on(id) {
            Some(queue) if queue.own_queue(id) == list => there.push(id),
            _ => late.push((id, list)),
        }
    }
    drop(pending);
    // Notices may be of lists that others watch: only its own does it delete.
    late.retain(|(id, list)| shared.has_own_queue(*id, list));
    let late = late.into_iter().map(|(_, list)| List::from(list)).collect();
    (there, late)
}

/// The own queues of those of these calls that still wait.
fn own_queues(shared: &Shared, ids: &[CallId]) -> (Vec<CallId>, Vec<List>) {
    let mut pending = shared.pending();
    ids.iter()
        .filter_map(|&id| {
            let queue = pending.waiting_on(id)?;
            Some((id, List::from(queue.own_queue(id))))
        })
        .unzip()
}
