//! Keeping requests in the broker while they are in progress, as the loop of a
//! server does it: under which name, in which list, and what to do after a pop
//! that came to an unknown end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{task::JoinSet, time::sleep_until};

use super::{
    herald::Herald,
    intake::WAIT,
    lease::{Lease, Recovery},
    progress::{Progress, Receipt},
};
use crate::{
    error::TransportError,
    transport::{List, Transport},
};

/// How long after a pop's unknown end Redis may still move requests for it, beside
/// the wait that was asked for: what was on its way must have arrived.
const STRAY: Duration = Duration::from_secs(1);

/// Requests that were taken, each with its receipt if it is kept.
pub(super) type Requests = Vec<(Bytes, Option<Receipt>)>;

/// What a server keeps, and under which name.
#[derive(Debug)]
pub(super) struct Keeping {
    transport: Arc<dyn Transport>,
    queue: List,
    recovery: Recovery,
    herald: Arc<Herald>,
    lease: Arc<Lease>,
    /// Renews the lease; ends with this.
    renewal: JoinSet<()>,
    /// For the next pop.
    list: Option<List>,
    /// Where pops may have left requests that came to an unknown end, and when it
    /// can be known.
    doubts: Vec<(Instant, List, Arc<Lease>)>,
}

impl Keeping {
    pub(super) fn new(
        transport: &Arc<dyn Transport>,
        queue: &List,
        herald: &Arc<Herald>,
        recovery: Recovery,
    ) -> Self {
        let mut renewal = JoinSet::new();
        Self {
            lease: begin(transport, queue, herald, recovery, true, &mut renewal),
            herald: Arc::clone(herald),
            transport: Arc::clone(transport),
            queue: Arc::clone(queue),
            recovery,
            renewal,
            list: None,
            doubts: Vec::new(),
        }
    }

    /// Longest wait for a request.
    pub(super) fn wait(&self, usual: Duration) -> Duration {
        self.recovery.wait(usual)
    }

    /// The list for the next pop, if there is one and the server may take requests.
    pub(super) fn ready(&mut self) -> Option<List> {
        if !self.lease.may_take() {
            return None;
        }
        if self.list.is_none() {
            self.list = self.lease.free_list_now();
        }
        self.list.clone()
    }

    /// Sees to it that there is a list for the next pop and that the server may take
    /// requests, if that can be.
    ///
    /// # Errors
    ///
    /// When the broker had to be told of more lists and could not be.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again at any time.
    pub(super) async fn make_ready(&mut self) -> Result<(), TransportError> {
        self.lease.may_take_or_is_lost().await;
        if self.lease.is_lost() {
            tracing::warn!(queue = %self.queue, "others have answered for the server; it goes on under a new name");
            self.renewal.abort_all();
            self.list = None;
            self.lease = begin(
                &self.transport,
                &self.queue,
                &self.herald,
                self.recovery,
                true,
                &mut self.renewal,
            );
            self.lease.may_take_or_is_lost().await;
        }
        if self.lease.may_take() && self.ready().is_none() {
            self.lease.know_more_lists().await?;
        }
        Ok(())
    }

    /// Requests were moved to the list, by the pop that ended just now.
    pub(super) async fn taken(&mut self, requests: Vec<Bytes>) -> Requests {
        if requests.is_empty() {
            return Vec::new();
        }
        let Some(list) = self.list.take() else {
            return requests.into_iter().map(|it| (it, None)).collect();
        };
        if self.lease.may_be_lost() {
            // Stopped in its tracks since it began to wait for them: others may
            // have answered for these.
            self.doubts
                .push((Instant::now(), list, Arc::clone(&self.lease)));
            return self.doubtful().await;
        }
        with_receipts(&self.lease, list, requests)
    }

    /// The pop came to this end. Requests may have been moved to the list by it.
    pub(super) fn failed(&mut self, error: &TransportError) {
        if error.may_have_been_sent()
            && let Some(list) = self.list.take()
        {
            let known = Instant::now() + self.wait(WAIT) + STRAY;
            self.doubts.push((known, list, Arc::clone(&self.lease)));
        }
    }

    /// Requests that pops of unknown end have moved after all.
    pub(super) async fn doubtful(&mut self) -> Requests {
        let mut taken = Vec::new();
        let now = Instant::now();
        while let Some(due) = self.doubts.iter().position(|(known, ..)| *known <= now) {
            let list = [Arc::clone(&self.doubts[due].1)];
            let kept = match self.lease.keeper().kept(&list).await {
                Ok(kept) => kept,
                Err(error) => {
                    tracing::warn!(queue = %self.queue, error = error.report(), "requests that may have been taken wait for Redis");
                    break;
                }
            };
            let (_, list, lease) = self.doubts.swap_remove(due);
            let requests: Vec<_> = kept.into_iter().flat_map(|kept| kept.messages).collect();
            if requests.is_empty() {
                lease.free.give(list);
            } else {
                taken.extend(with_receipts(&lease, list, requests));
            }
        }
        taken
    }

    /// [`doubtful`](Self::doubtful), when all can be known.
    pub(super) async fn last_doubtful(&mut self) -> Requests {
        if let Some(known) = self.doubts.iter().map(|(known, ..)| *known).max() {
            sleep_until(known.into()).await;
        }
        self.doubtful().await
    }

    /// Says that the server is gone and keeps nothing; or, if it does keep
    /// something, that others may take it over now.
    pub(super) async fn leave(mut self, keeps_nothing: bool) {
        // Nothing more is said after the last word.
        self.renewal.shutdown().await;
        self.lease
            .leave(keeps_nothing && self.doubts.is_empty())
            .await;
    }
}

/// The life of a server that keeps nothing.
#[derive(Debug)]
pub(super) struct Living {
    lease: Arc<Lease>,
    /// Renews the lease; ends with this.
    renewal: JoinSet<()>,
}

impl Living {
    pub(super) fn new(
        transport: &Arc<dyn Transport>,
        queue: &List,
        herald: &Arc<Herald>,
        recovery: Recovery,
    ) -> Self {
        let mut renewal = JoinSet::new();
        Self {
            lease: begin(transport, queue, herald, recovery, false, &mut renewal),
            renewal,
        }
    }

    /// Says that the server is gone.
    pub(super) async fn leave(mut self) {
        self.renewal.shutdown().await;
        self.lease.leave(true).await;
    }
}

fn begin(
    transport: &Arc<dyn Transport>,
    queue: &List,
    herald: &Arc<Herald>,
    recovery: Recovery,
    keeps: bool,
    renewal: &mut JoinSet<()>,
) -> Arc<Lease> {
    let (transport, queue) = (Arc::clone(transport), Arc::clone(queue));
    let lease = Lease::new(transport, queue, Arc::clone(herald), recovery, keeps);
    let lease = Arc::new(lease);
    renewal.spawn(Arc::clone(&lease).renew());
    lease
}

fn with_receipts(lease: &Lease, list: List, requests: Vec<Bytes>) -> Requests {
    let progress = Progress::new(list, requests.len(), Arc::clone(&lease.free));
    let progress = Arc::new(progress);
    let requests = requests.into_iter().enumerate();
    requests
        .map(|(place, request)| (request, Some(Receipt::new(&progress, place))))
        .collect()
}
