//! Old servers' replies, each on a queue of its call's own.
//!
//! An old server cannot echo an id, so every call names a list for its reply
//! alone. Redis is asked to say when such a list changes, and is left alone until
//! it does: no connection blocks on it, no other call waits behind it, and what
//! Redis does for a reply is the same however many calls are out.

use std::{sync::Arc, time::Instant};

use tokio::{sync::mpsc, time};

use super::{
    Shared,
    lingering::Lingering,
    pending::{CallId, Failure, Outcome},
};
use crate::{
    error::{Error, Refusal, TransportError},
    transport::{Backoff, List, Notice},
    wire::names,
};

/// What the other tasks ask for.
#[derive(Debug)]
pub(super) enum Request {
    /// Watch these calls' own queues.
    Watch(Vec<CallId>),
    /// Watch these no more: a native server has answered, or none will.
    Unwatch(Vec<List>),
    /// This call has ended; a server may answer it all the same.
    Gone(CallId, List),
    /// Nobody will answer these calls, which were gone, any more.
    Late(Vec<CallId>),
}

/// What has come up since the last look.
#[derive(Default)]
struct News {
    /// Calls whose own queues are to be watched.
    watch: Vec<CallId>,
    /// Own queues of calls that native servers have answered.
    unwatch: Vec<List>,
    /// Own queues that changed.
    changed: Vec<String>,
    /// Own queues that are watched for late replies alone.
    lingering: Lingering,
    /// The connection is a new one: all that was watched is to be watched again.
    forgotten: bool,
}

/// Watches own queues until the last client is gone.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut requests: mpsc::UnboundedReceiver<Request>,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let mut news = News::default();
    let mut backoff = Backoff::default();
    loop {
        let over = news.lingering.next().map(time::Instant::from_std);
        tokio::select! {
            () = time::sleep_until(over.unwrap_or_else(time::Instant::now)), if over.is_some() => {
                let over = news.lingering.over(Instant::now());
                news.unwatch.extend(over);
            }
            Some(request) = requests.recv() => news.take_in(request),
            Some(notice) = notices.recv() => news.note(notice),
            else => return,
        }
        loop {
            while let Ok(request) = requests.try_recv() {
                news.take_in(request);
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
                    lingering: news.lingering,
                    ..News::default()
                };
                time::sleep(backoff.next()).await;
            } else {
                backoff.reset();
            }
        }
    }
}

impl News {
    fn take_in(&mut self, request: Request) {
        match request {
            Request::Watch(ids) => self.watch.extend(ids),
            Request::Unwatch(lists) => self.unwatch.extend(lists),
            Request::Gone(id, list) => self.lingering.add(id, list, Instant::now()),
            Request::Late(ids) => {
                let late = ids.into_iter().filter_map(|id| self.lingering.remove(id));
                self.unwatch.extend(late);
            }
        }
    }

    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Changed(list) => self.changed.push(list),
            Notice::Forgotten => self.forgotten = true,
        }
    }

    fn is_empty(&self) -> bool {
        self.watch.is_empty()
            && self.unwatch.is_empty()
            && self.changed.is_empty()
            && !self.forgotten
    }
}

/// Begins to watch what is to be watched, and takes the replies that are there.
async fn look(shared: &Shared, news: &mut News) -> Result<(), TransportError> {
    let unwatch = std::mem::take(&mut news.unwatch);
    if !unwatch.is_empty() {
        shared.transport.unwatch(&unwatch).await?;
    }
    if std::mem::take(&mut news.forgotten) {
        news.watch.extend(shared.pending().watched());
    }
    let changed = std::mem::take(&mut news.changed);
    let mut there = owners(shared, changed).await?;
    let (ids, lists) = own_queues(shared, &std::mem::take(&mut news.watch));
    if !lists.is_empty() {
        let present = shared.transport.watch(&lists).await?;
        let found = ids.into_iter().zip(present);
        there.extend(found.filter_map(|(id, present)| present.then_some(id)));
    }
    let (ids, lists) = own_queues(shared, &there);
    if lists.is_empty() {
        return Ok(());
    }
    let taken = shared.transport.take(&lists, 1).await?;
    let mut outcomes: Vec<(CallId, Outcome)> = Vec::with_capacity(ids.len());
    let mut passing = Ok(());
    for (id, reply) in ids.into_iter().zip(taken) {
        match reply.map(|reply| reply.into_iter().next()) {
            Ok(Some(reply)) => outcomes.push((id, Ok(reply))),
            // It changed and holds nothing: back to watching it.
            Ok(None) => news.watch.push(id),
            Err(error) if error.refusal() == Refusal::None => {
                let error = Error::Transport(error.after_sending());
                outcomes.push((id, Err(Failure::from(error))));
            }
            Err(error) => passing = Err(error),
        }
    }
    shared.complete_old(outcomes);
    passing
}

/// The calls that wait on these lists. An own queue nobody waits on holds a reply
/// that came too late, and old servers give it no expiry: it is deleted.
async fn owners(shared: &Shared, changed: Vec<String>) -> Result<Vec<CallId>, TransportError> {
    let (owners, late) = {
        let mut pending = shared.pending();
        let owned = changed.into_iter().filter_map(|list| {
            let id = names::call_of_own_queue(&list, &shared.client)?;
            Some((CallId(id), List::from(list)))
        });
        owned.partition::<Vec<_>, _>(|(id, _)| pending.waiting_on(*id).is_some())
    };
    if !late.is_empty() {
        let late: Vec<List> = late.into_iter().map(|(_, list)| list).collect();
        shared.transport.delete(&late).await?;
    }
    Ok(owners.into_iter().map(|(id, _)| id).collect())
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
