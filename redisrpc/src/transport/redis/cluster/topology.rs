//! Who has which slot of a cluster, and the way to each master.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use redis::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};

use super::super::{
    Redis, connection,
    connection::Endpoint,
    hosts::Hosts,
    patience::Succession,
    slots::{Place, SlotMap, slot_of},
};
use crate::{
    deadline::Clock,
    error::{Error, Refusal, TransportError},
    transport::{Address, Notice, Transport as _, Written},
};

/// Where nodes listen if nothing else is said.
const USUAL_PORT: u16 = 6379;

/// How often the map is looked at when nothing is wrong with it.
const NOW_AND_THEN: Duration = Duration::from_secs(30);

/// How long after one look the next may follow.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one node may take to say who has which slot.
const ONE: Duration = Duration::from_secs(2);

/// How many nodes are asked at once: the first answer counts.
const AT_ONCE: usize = 3;

/// How long to wait for the next look before trying again without.
const PATIENCE: Duration = Duration::from_secs(1);

const LOOK: &str = "ask the cluster for its slots";

/// What is known of a cluster.
pub(super) struct Topology {
    hosts: Hosts,
    /// The cluster's time is that of one node, the same for all who use it: the one
    /// that has the first slot.
    pub(super) clock: Arc<Clock>,
    nodes: Mutex<Nodes>,
    map: watch::Sender<Arc<SlotMap>>,
    /// Told when the map proves to be wrong.
    stale: Arc<Notify>,
    /// How many looks there were.
    looks: watch::Sender<u64>,
}

#[derive(Default)]
struct Nodes {
    by_place: HashMap<Place, Arc<Redis>>,
    /// Whom to tell of changes, beside those whom each node tells.
    notices: Vec<mpsc::UnboundedSender<Notice>>,
}

/// Whether the node at a place is a master.
struct Mastery {
    place: Place,
    map: watch::Receiver<Arc<SlotMap>>,
    stale: Arc<Notify>,
}

impl Succession for Mastery {
    fn is_over(&self) -> bool {
        self.stale.notify_one();
        !self.map.borrow().masters().contains(&self.place)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topology")
            .field("masters", &self.map().masters())
            .finish_non_exhaustive()
    }
}

impl Topology {
    /// Of the cluster at this address; nobody was asked yet.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for an address that is none.
    pub(super) fn parse(address: &Address) -> Result<Self, Error> {
        let hosts = Hosts::parse(address, USUAL_PORT).and_then(|hosts| {
            let path = hosts.path.trim_end_matches('/');
            match (path, &*hosts.query) {
                ("" | "0", "") => Ok(hosts),
                (_, "") => Err("a cluster has one database, which is not named".to_owned()),
                _ => Err("it has no parameters".to_owned()),
            }
        });
        let hosts = hosts.map_err(|why| {
            Error::Invalid(format!(
                "the address of the cluster is not valid: {why}; write it as \
                 redis+cluster://[[user]:password@]host[:port][,host[:port]…], or with \
                 rediss+cluster:// for TLS"
            ))
        })?;
        Ok(Self {
            hosts,
            clock: Arc::default(),
            nodes: Mutex::default(),
            map: watch::Sender::default(),
            stale: Arc::default(),
            looks: watch::Sender::default(),
        })
    }

    fn nodes(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ===== where =====

    pub(super) fn map(&self) -> Arc<SlotMap> {
        Arc::clone(&self.map.borrow())
    }

    /// The place of the master of a list.
    pub(super) fn place_of(&self, list: &str) -> Result<Place, TransportError> {
        let slot = slot_of(list);
        let place = self.map().master(slot).cloned();
        place.ok_or_else(|| {
            let nobody = format!("no node of the cluster has slot {slot}, that of `{list}`");
            self.note(TransportError::not_sent("find a list", nobody))
        })
    }

    /// The node at a place.
    pub(super) fn node(&self, place: &Place) -> Result<Arc<Redis>, TransportError> {
        let mut nodes = self.nodes();
        if let Some(node) = nodes.by_place.get(place) {
            return Ok(Arc::clone(node));
        }
        let (host, port) = place.clone();
        let way = self.hosts.ways.to(host, port);
        let way = way.map_err(|error| TransportError::not_sent("find a node", error))?;
        let mastery = Mastery {
            place: place.clone(),
            map: self.map.subscribe(),
            stale: Arc::clone(&self.stale),
        };
        let endpoint = Endpoint::new(way, self.hosts.login.clone(), Arc::clone(&self.clock))
            .replaced_by(Arc::new(mastery));
        endpoint.keep_time(self.map().master(0) == Some(place));
        let node = Redis::at(endpoint);
        for notices in &nodes.notices {
            node.notify(notices.clone());
        }
        nodes.by_place.insert(place.clone(), Arc::clone(&node));
        Ok(node)
    }

    /// The node whose clock is that of the cluster.
    pub(super) fn timekeeper(&self) -> Result<Arc<Redis>, TransportError> {
        let place = self.map().master(0).cloned();
        let nobody = || TransportError::not_sent("find a node", "nobody has the first slot");
        self.node(&place.ok_or_else(nobody)?)
    }

    pub(super) fn notify(&self, notices: mpsc::UnboundedSender<Notice>) {
        let mut nodes = self.nodes();
        for node in nodes.by_place.values() {
            node.notify(notices.clone());
        }
        nodes.notices.push(notices);
    }

    // ===== what proves wrong =====

    /// Takes in an error of a node: the map is then looked at again. What the node
    /// refused because another one has the slot will pass.
    pub(super) fn note(&self, error: TransportError) -> TransportError {
        if error.refusal() != Refusal::Overloaded {
            self.stale.notify_one();
        }
        match error.refusal() {
            Refusal::Moved => error.passing(),
            _ => error,
        }
    }

    /// Takes in what came of a write to one node.
    pub(super) fn noted(
        &self,
        outcome: Result<Written, TransportError>,
    ) -> Result<Written, TransportError> {
        let mut written = outcome.map_err(|error| self.note(error))?;
        for (_, error) in &mut written.refused {
            // What is refused for good says nothing about the map.
            if matches!(error.refusal(), Refusal::Failover | Refusal::Moved) {
                *error = self.note(error.clone());
            }
        }
        Ok(written)
    }

    /// How many looks there were so far.
    pub(super) fn looks(&self) -> u64 {
        *self.looks.borrow()
    }

    /// Waits for the next look after so many.
    pub(super) async fn looked_since(&self, looks: u64) {
        let mut now = self.looks.subscribe();
        let _ = timeout(PATIENCE, now.wait_for(|now| *now > looks)).await;
    }

    /// Resolves when another node has this slot.
    pub(super) async fn moved(&self, slot: u16, from: &Place) {
        let mut map = self.map.subscribe();
        // The sender lives as long as this.
        let _ = map.wait_for(|map| map.master(slot) != Some(from)).await;
    }

    // ===== looking =====

    /// Keeps the map up to date, for ever.
    pub(super) async fn keep_up(self: Arc<Self>) {
        loop {
            let _ = timeout(NOW_AND_THEN, self.stale.notified()).await;
            if let Err(error) = self.look().await {
                tracing::warn!(error = error.report(), "no node says who has which slot");
            }
            self.looks.send_modify(|looks| *looks += 1);
            sleep(PAUSE).await;
        }
    }

    /// Asks some nodes who has which slot, and others if these do not answer.
    ///
    /// # Errors
    ///
    /// When none does: what one of them said.
    pub(super) async fn look(&self) -> Result<(), TransportError> {
        let mut places = self.map().masters().to_vec();
        if !places.is_empty() {
            // Not always the same ones: one may be cut off from the others.
            let first = getrandom::u32().unwrap_or(0) as usize % places.len();
            places.rotate_left(first);
        }
        let named = self.hosts.places.iter();
        let others: Vec<_> = named.filter(|place| !places.contains(place)).collect();
        places.extend(others.into_iter().cloned());
        let mut failure = TransportError::not_sent(LOOK, "there are no nodes");
        for places in places.chunks(AT_ONCE) {
            let mut asked: FuturesUnordered<_> =
                places.iter().map(|place| self.ask(place)).collect();
            while let Some(answer) = asked.next().await {
                match answer {
                    Ok(map) => return self.take_in(map).await,
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    async fn ask(&self, place: &Place) -> Result<SlotMap, TransportError> {
        let node = self.node(place)?;
        let mut pipe = redis::pipe();
        pipe.cmd("CLUSTER").arg("SLOTS");
        let asked = timeout(ONE, node.run(LOOK, &pipe, 1)).await;
        let silent = || {
            Err(TransportError::unknown(
                LOOK,
                format!("{}: no answer", place.0),
            ))
        };
        let answer = asked.unwrap_or_else(|_| silent())?.pop();
        match answer {
            Some(Value::ServerError(error)) => Err(connection::refused(LOOK, error)),
            answer => SlotMap::read(answer.unwrap_or(Value::Nil), &place.0)
                .ok_or_else(|| TransportError::not_sent(LOOK, "nobody has any")),
        }
    }

    async fn take_in(&self, map: SlotMap) -> Result<(), TransportError> {
        self.follow(&Arc::new(map));
        if let Ok(Err(error)) = timeout(ONE, self.timekeeper()?.ask_time()).await {
            tracing::debug!(error = error.report(), "the cluster's time is not known");
        }
        Ok(())
    }

    fn follow(&self, map: &Arc<SlotMap>) {
        let before = self.map.send_replace(Arc::clone(map));
        let mut nodes = self.nodes();
        nodes
            .by_place
            .retain(|place, _| map.masters().contains(place));
        for (place, node) in &nodes.by_place {
            node.endpoint.keep_time(map.master(0) == Some(place));
        }
        if before != *map {
            tracing::info!(masters = ?map.masters(), "the cluster's slots are known");
            // What was watched at one node may now be at another.
            nodes
                .notices
                .retain(|notices| notices.send(Notice::Forgotten).is_ok());
        }
    }
}
