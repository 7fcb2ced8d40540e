//! A Redis Cluster: many masters, each with a share of the lists.
//!
//! Made of one [`Redis`] for each master, made on demand. A list is at the master of
//! its slot; where that turns out to be another one, the map of slots is looked at
//! again. A node that does not have a slot refuses and does nothing, so trying again
//! is safe. While a slot is on its way, what is refused waits until it has arrived.
//!
//! One client's reply lists share a slot, and all that belongs to a queue shares
//! that of the queue; but a queue and the replies to its callers do not, and a write
//! is split by node.

#[cfg(feature = "cli")]
mod admin;
mod keeper;
mod popper;
mod pusher;
mod registry;
mod topology;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use tokio::{sync::mpsc, task::AbortHandle};

use self::{popper::ClusterPopper, pusher::ClusterPusher, topology::Topology};
use super::{Redis, slots::slot_of};
use crate::{
    deadline::Clock,
    error::{Error, Refusal, TransportError},
    transport::{
        Address, List, Notice, Popper, Push, Pusher, Taken, Transport, Write, Written,
        keeper::Keeper, registry::Registry,
    },
};

/// How often a command is tried that a node certainly has not done.
const TRIES: usize = 4;

/// A Redis Cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    topology: Arc<Topology>,
    /// Keeps the topology up to date; ends with this.
    keeping_up: AbortHandle,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.keeping_up.abort();
    }
}

impl Cluster {
    /// Connects to the cluster of the nodes at this address.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address that is none or servers that are too old or
    /// no cluster, [`Error::Transport`] when no node answers.
    pub(crate) async fn connect(address: &Address) -> Result<Arc<Self>, Error> {
        let topology = Arc::new(Topology::parse(address)?);
        topology.look().await.map_err(|error| {
            if error.report().contains("cluster support disabled") {
                return Error::Invalid(
                    "this server is not part of a cluster; begin its address with `redis://`"
                        .to_owned(),
                );
            }
            Error::Transport(error)
        })?;
        let node = topology.timekeeper().map_err(Error::Transport)?;
        node.check_version().await?;
        let keeping_up = tokio::spawn(Arc::clone(&topology).keep_up());
        Ok(Arc::new(Self {
            topology,
            keeping_up: keeping_up.abort_handle(),
        }))
    }

    /// Asks the master of a list, and again, if it certainly did nothing, once it is
    /// known who that is now.
    async fn at<T, F>(&self, list: &str, ask: impl Fn(Arc<Redis>) -> F) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let mut tries = 0;
        loop {
            let looks = self.topology.looks();
            let place = self.topology.place_of(list);
            let asked = match place.and_then(|place| self.topology.node(&place)) {
                Ok(node) => ask(node).await,
                Err(error) => Err(error),
            };
            let error = match asked {
                Ok(answer) => return Ok(answer),
                Err(error) => self.topology.note(error),
            };
            tries += 1;
            if error.may_have_been_sent() || tries == TRIES {
                return Err(error);
            }
            self.topology.looked_since(looks).await;
        }
    }

    /// Asks for each of these things the master of its list, for those of one slot
    /// together; what came of each.
    async fn each<'a, T, R, F>(
        &self,
        things: &'a [T],
        list: fn(&T) -> &List,
        ask: impl Fn(Arc<Redis>, Arc<[T]>) -> F,
    ) -> Vec<Result<R, TransportError>>
    where
        T: Clone,
        F: Future<Output = Result<Vec<R>, TransportError>>,
    {
        let ask = &ask;
        let groups = by_slot(things, list);
        let asked = groups.into_iter().map(|places| async move {
            let group: Arc<[T]> = places.iter().map(|&at| things[at].clone()).collect();
            let asked = self
                .at(list(&group[0]), |node| ask(node, Arc::clone(&group)))
                .await;
            let each: Vec<_> = match asked {
                Ok(each) => each.into_iter().map(Ok).collect(),
                Err(error) => places.iter().map(|_| Err(error.clone())).collect(),
            };
            places.into_iter().zip(each)
        });
        let mut each: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        each.sort_unstable_by_key(|(place, _)| *place);
        each.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// [`each`](Self::each) for what is done with lists.
    async fn with<R, F>(
        &self,
        lists: &[List],
        ask: impl Fn(Arc<Redis>, Arc<[List]>) -> F,
    ) -> Vec<Result<R, TransportError>>
    where
        F: Future<Output = Result<Vec<R>, TransportError>>,
    {
        self.each(lists, |list| list, ask).await
    }
}

/// The indexes of those things whose lists are in the same slot.
fn by_slot<T>(things: &[T], list: fn(&T) -> &List) -> Vec<Vec<usize>> {
    let mut slots: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for (index, thing) in things.iter().enumerate() {
        slots.entry(slot_of(list(thing))).or_default().push(index);
    }
    slots.into_values().collect()
}

impl Transport for Cluster {
    fn clock(&self) -> &Clock {
        &self.topology.clock
    }

    fn check_queue(&self, queue: &str) -> Result<(), Error> {
        if !queue.contains(['{', '}']) {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "queue name {queue:?} holds a brace, and the broker is a Redis Cluster, where braces \
             decide which keys are together; use a name without"
        )))
    }

    fn ask_time(&self) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async { self.topology.timekeeper()?.ask_time().await })
    }

    fn push<'a>(&'a self, batch: &'a [Push]) -> BoxFuture<'a, Result<Written, TransportError>> {
        Box::pin(async move {
            let mut pusher = ClusterPusher::over_shared(Arc::clone(&self.topology));
            let mut tries = 0;
            loop {
                let looks = self.topology.looks();
                let written = pusher.write(Write::of(batch)).await;
                tries += 1;
                match written {
                    Err(error) if !error.may_have_been_sent() && tries < TRIES => {
                        self.topology.looked_since(looks).await;
                    }
                    written => return written,
                }
            }
        })
    }

    fn withdraw<'a>(
        &'a self,
        batch: &'a [(List, Bytes)],
    ) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        Box::pin(async move {
            let withdraw =
                async |node: Arc<Redis>, batch: Arc<[(List, Bytes)]>| node.withdraw(&batch).await;
            let found = self.each(batch, |(list, _)| list, withdraw).await;
            // Of those at a node that does not answer nothing is known.
            Ok(found.into_iter().map(|it| it == Ok(true)).collect())
        })
    }

    fn watch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<bool>, TransportError>> {
        Box::pin(async move {
            let watch =
                |node: Arc<Redis>, lists: Arc<[List]>| async move { node.watch(&lists).await };
            self.with(lists, watch).await.into_iter().collect()
        })
    }

    fn unwatch<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let unwatch = |node: Arc<Redis>, lists: Arc<[List]>| async move {
                node.unwatch(&lists).await?;
                Ok(vec![(); lists.len()])
            };
            self.with(lists, unwatch).await.into_iter().collect()
        })
    }

    fn take<'a>(
        &'a self,
        lists: &'a [List],
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<Taken>, TransportError>> {
        Box::pin(async move {
            let take = move |node: Arc<Redis>, lists: Arc<[List]>| async move {
                Transport::take(&*node, &lists, max).await
            };
            let taken = self.with(lists, take).await.into_iter();
            // What one node gave is not to be lost because another does not answer.
            let flat = taken.map(|taken| match taken {
                Ok(Ok(taken)) => Ok(taken),
                Ok(Err(error)) => Err(self.topology.note(error)),
                Err(error) if error.refusal() == Refusal::None => Err(error.passing()),
                Err(error) => Err(error),
            });
            Ok(flat.collect())
        })
    }

    fn delete<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            let delete = |node: Arc<Redis>, lists: Arc<[List]>| async move {
                node.delete(&lists).await?;
                Ok(vec![(); lists.len()])
            };
            self.with(lists, delete).await.into_iter().collect()
        })
    }

    fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        self.topology.notify(notices);
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }

    #[cfg(feature = "cli")]
    fn admin(&self) -> Option<&dyn crate::transport::admin::Admin> {
        Some(self)
    }

    fn registry(&self) -> &dyn Registry {
        self
    }

    fn pusher(&self, role: &str) -> Box<dyn Pusher> {
        Box::new(ClusterPusher::new(Arc::clone(&self.topology), role))
    }

    fn popper(&self, role: &str) -> Box<dyn Popper> {
        Box::new(ClusterPopper::new(Arc::clone(&self.topology), role))
    }
}
