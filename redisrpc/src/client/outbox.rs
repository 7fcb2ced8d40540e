//! Requests on their way: which leave together, and what becomes of them.
//!
//! Batching needs no timer: while one write is under way the next calls gather,
//! and a lone call leaves at once. The reader of replies writes along with its
//! pops; the task here writes while the reader blocks in one.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time;

use super::{
    Shared, own_queues,
    pending::{CallId, Failure, Pending, Unsettled},
};
use crate::{
    broker::let_others_run,
    error::{Error, Refusal, TransportError},
    metering,
    transport::{Backoff, Push, Pusher, Refused, Write, Written, gather::Gather},
};

/// Room made for each request of a write, in bytes.
const ROOM: usize = 256;

/// Requests that leave in one write.
#[derive(Debug, Default)]
pub(super) struct Batch {
    ids: Vec<CallId>,
    pub(super) pushes: Vec<Push>,
    /// The least of the bounds that these calls put on their queues' lengths.
    most_queued: u32,
}

impl Batch {
    /// Takes the next calls that still have someone waiting, up to a write's size.
    pub(super) fn claim(&mut self, pending: &mut Pending) {
        self.clear();
        let mut write = Gather::with_room(pending.outbound.len(), ROOM);
        while !write.is_full() {
            let Some(id) = pending.outbound.next() else {
                break;
            };
            if let Some(entry) = pending.claim(id) {
                write.add(&entry.queue.name, &entry.request);
                self.most_queued = self.most_queued.min(entry.most_queued);
                self.ids.push(id);
            }
        }
        self.pushes.extend(write.into_pushes(None));
    }

    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.pushes.clear();
        self.most_queued = u32::MAX;
    }

    /// What follows when the transport has said what came of the write.
    ///
    /// # Errors
    ///
    /// When some were not written, so that it is safe to try again: those are put
    /// back.
    pub(super) fn pushed(
        &self,
        shared: &Shared,
        outcome: Result<Written, TransportError>,
    ) -> Result<(), TransportError> {
        match outcome {
            Ok(written) if written.refused.is_empty() => {
                self.sent(shared, &written.lengths);
                Ok(())
            }
            Ok(written) => {
                let passing = self.refuse(shared, written.refused);
                self.sent(shared, &written.lengths);
                passing
            }
            // Perhaps Redis has them: they wait for a reply, or for their time.
            Err(error) if error.may_have_been_sent() => {
                tracing::warn!(error = error.report(), "requests may not have been written");
                self.fail_oneway(shared, &self.ids, &error);
                self.sent(shared, &[]);
                Ok(())
            }
            Err(error) => {
                put_back(shared, self.ids.iter().copied());
                Err(error)
            }
        }
    }

    /// Ends the calls that Redis refused, or puts them back if it may take them
    /// later. Those that it may have taken all the same wait for a reply.
    fn refuse(&self, shared: &Shared, refused: Refused) -> Result<(), TransportError> {
        let (doubtful, refused): (Refused, Refused) = refused
            .into_iter()
            .partition(|(_, error)| error.may_have_been_sent());
        if let Some((_, error)) = doubtful.first() {
            tracing::warn!(error = error.report(), "requests may not have been written");
            let ids: Vec<_> = doubtful.iter().map(|(index, _)| self.ids[*index]).collect();
            self.fail_oneway(shared, &ids, error);
        }
        let (passing, lasting): (Refused, Refused) = refused
            .into_iter()
            .partition(|(_, error)| error.refusal() == Refusal::Failover);
        let failed = lasting.into_iter().map(|(index, error)| {
            let failure = Failure::from(Error::Transport(error));
            (self.ids[index], Err(failure))
        });
        shared.complete(failed);
        let Some((_, error)) = passing.first() else {
            return Ok(());
        };
        let error = error.clone();
        put_back(shared, passing.iter().map(|(index, _)| self.ids[*index]));
        Err(error)
    }

    /// Nobody waits for a reply that would tell.
    fn fail_oneway(&self, shared: &Shared, ids: &[CallId], error: &TransportError) {
        let oneway = shared.pending().oneway(ids);
        let failed = |id| (id, Err(Failure::from(Error::Transport(error.clone()))));
        shared.complete(oneway.into_iter().map(failed));
    }

    /// What follows for calls that are written, their queues having become so long.
    fn sent(&self, shared: &Shared, lengths: &[(usize, u64)]) {
        for &(last, length) in lengths {
            metering::queue_length(&self.pushes[last].list, length);
        }
        let mut pending = shared.pending();
        let overlong = self.overlong(&mut pending, lengths);
        let sent = pending.sent(&self.ids);
        drop(pending);
        shared.complete(sent.done.into_iter().map(|id| (id, Ok(Bytes::new()))));
        // The receivers live as long as the tasks that call this.
        if !sent.watch.is_empty() {
            let _ = shared.watch.send(own_queues::Request::Watch(sent.watch));
        }
        for withdrawal in sent.withdraw {
            let _ = shared.withdrawals.send(withdrawal);
        }
        for unsettled in overlong.into_iter().chain(sent.expired) {
            let _ = shared.unsettled.send(unsettled);
        }
    }

    /// Calls that are further back in their queues than they may be.
    fn overlong(&self, pending: &mut Pending, lengths: &[(usize, u64)]) -> Vec<Unsettled> {
        let mut overlong = Vec::new();
        for &(last, length) in lengths {
            if length <= u64::from(self.most_queued) {
                continue;
            }
            // What left together stands together, the last one at the end.
            let list = &self.pushes[last].list;
            let there = (0..=last).rev().filter(|&at| self.pushes[at].list == *list);
            for (at, place) in there.zip((1..=length).rev()) {
                overlong.extend(pending.placed(self.ids[at], place));
            }
        }
        overlong
    }
}

fn put_back(shared: &Shared, ids: impl DoubleEndedIterator<Item = CallId>) {
    let mut pending = shared.pending();
    let wanted: Vec<_> = ids.filter(|&id| pending.unclaim(id)).collect();
    pending.outbound.put_back(wanted.into_iter());
}

/// Writes the calls that are made while the reader blocks, until the last client
/// is gone.
pub(super) async fn run(shared: Arc<Shared>, mut pusher: Box<dyn Pusher>) {
    let mut batch = Batch::default();
    let mut backoff = Backoff::default();
    loop {
        shared.to_write.notified().await;
        // Tasks that are ready to make their calls do so first: these leave in the
        // same write.
        let_others_run().await;
        while batch.claim_for_writer(&shared) {
            match batch.write(&shared, &mut *pusher).await {
                Ok(()) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(error = error.report(), "requests wait for Redis");
                    shared.pending().outbound.writer_rests();
                    time::sleep(backoff.next()).await;
                }
            }
        }
    }
}

impl Batch {
    /// [`Self::claim`], unless the reader is to take the calls with its next pop.
    fn claim_for_writer(&mut self, shared: &Shared) -> bool {
        let mut pending = shared.pending();
        let may = pending.outbound.writer_may();
        if may {
            self.claim(&mut pending);
        }
        may
    }

    async fn write(&self, shared: &Shared, pusher: &mut dyn Pusher) -> Result<(), TransportError> {
        if self.pushes.is_empty() {
            return Ok(());
        }
        let outcome = pusher.write(Write::of(&self.pushes)).await;
        self.pushed(shared, outcome)
    }
}
