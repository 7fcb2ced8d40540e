//! Pushes to lists at several nodes.

use std::{mem, sync::Arc};

use futures_util::future::{BoxFuture, join_all};

use super::{
    super::slots::{Place, SlotMap, slot_of},
    topology::Topology,
};
use crate::{
    error::{Refusal, TransportError},
    transport::{
        List, Push, Pusher, Transport as _, Write, Written, keeper::Done, polling::SharedPusher,
    },
};

/// Connections that push, one to each node that it was used for.
#[derive(Debug)]
pub(super) struct ClusterPusher {
    topology: Arc<Topology>,
    /// Of connections of its own; `None` where it uses the shared ones.
    role: Option<String>,
    /// The map by which the pushers were chosen.
    map: Arc<SlotMap>,
    pushers: Vec<(Place, Box<dyn Pusher>)>,
}

/// What of a write goes to one node.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) pushes: Vec<Push>,
    /// Their places in the write.
    indexes: Vec<usize>,
    pub(super) done: Option<&'a Done>,
}

impl Part<'_> {
    pub(super) fn write(&self) -> Write<'_> {
        Write {
            pushes: &self.pushes,
            done: self.done,
        }
    }
}

/// A write by node: the master's index, or `None` where nobody has the slot.
#[derive(Debug)]
pub(super) struct Parts<'a>(pub(super) Vec<(Option<usize>, Part<'a>)>);

impl<'a> Parts<'a> {
    pub(super) fn of(write: Write<'a>, map: &SlotMap) -> Self {
        let mut parts = Self(Vec::new());
        let mut last: Option<(&List, Option<usize>)> = None;
        for (index, push) in write.pushes.iter().enumerate() {
            let master = match last {
                Some((list, master)) if Arc::ptr_eq(list, &push.list) => master,
                _ => map.index(slot_of(&push.list)),
            };
            last = Some((&push.list, master));
            let part = parts.at(master);
            part.pushes.push(push.clone());
            part.indexes.push(index);
        }
        if let Some(done) = write.done
            && let Some(list) = done.list()
        {
            parts.at(map.index(slot_of(list))).done = Some(done);
        }
        parts
    }

    fn at(&mut self, master: Option<usize>) -> &mut Part<'a> {
        let known = self.0.iter().position(|(known, _)| *known == master);
        let at = known.unwrap_or_else(|| {
            self.0.push((master, Part::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// Takes the part for this master out.
    pub(super) fn take(&mut self, master: usize) -> Part<'a> {
        mem::take(self.at(Some(master)))
    }
}

/// Whether all of a write goes to this master.
pub(super) fn is_all_at(write: Write<'_>, master: usize, map: &SlotMap) -> bool {
    let mut last: Option<&List> = None;
    let pushes = write.pushes.iter().map(|push| &push.list);
    let done = write.done.and_then(Done::list);
    pushes.chain(done).all(|list| {
        let known = last.replace(list);
        known.is_some_and(|known| Arc::ptr_eq(known, list))
            || map.index(slot_of(list)) == Some(master)
    })
}

/// What came of a write whose parts went to several nodes.
#[derive(Debug, Default)]
pub(super) struct Merged(pub(super) Written);

impl Merged {
    /// Takes in what came of one part.
    pub(super) fn add(
        &mut self,
        part: &Part<'_>,
        outcome: Result<Written, TransportError>,
        topology: &Topology,
    ) {
        let Self(all) = self;
        match topology.noted(outcome) {
            Ok(written) => {
                let at = |index: usize| part.indexes[index];
                let refused = written.refused.into_iter();
                all.refused
                    .extend(refused.map(|(index, error)| (at(index), error)));
                let lengths = written.lengths.into_iter();
                all.lengths
                    .extend(lengths.map(|(index, length)| (at(index), length)));
                all.undone = all.undone.take().or(written.undone);
            }
            Err(error) => {
                // That this node does not answer will pass.
                let error = error.passing();
                if part.done.is_some() {
                    all.undone = Some(error.clone());
                }
                all.refused
                    .extend(part.indexes.iter().map(|&index| (index, error.clone())));
            }
        }
    }

    /// What came of all of it. Where nothing was written, and nothing may have been,
    /// it is as if there had been no connection.
    pub(super) fn of_all(mut self, write: Write<'_>) -> Result<Written, TransportError> {
        let Written {
            refused, undone, ..
        } = &self.0;
        let lost = |error: &TransportError| {
            !error.may_have_been_sent() && error.refusal() == Refusal::Failover
        };
        let all = refused.len() == write.pushes.len() && refused.iter().all(|(_, it)| lost(it));
        let noted = write.done.is_some_and(|done| !done.is_empty()) && undone.is_none();
        if all
            && !noted
            && let Some((_, error)) = self.0.refused.pop()
        {
            return Err(error);
        }
        self.0.refused.sort_unstable_by_key(|(index, _)| *index);
        Ok(self.0)
    }
}

impl ClusterPusher {
    /// Over connections of its own.
    pub(super) fn new(topology: Arc<Topology>, role: &str) -> Self {
        Self {
            map: topology.map(),
            topology,
            role: Some(role.to_owned()),
            pushers: Vec::new(),
        }
    }

    /// Over the connection to each node that all share.
    pub(super) fn over_shared(topology: Arc<Topology>) -> Self {
        Self {
            role: None,
            ..Self::new(topology, "")
        }
    }

    /// Follows the map, and has a pusher to each of these masters.
    fn choose(&mut self, parts: &Parts<'_>) -> Result<(), TransportError> {
        let map = &self.map;
        for (master, _) in &parts.0 {
            let Some(place) = master.and_then(|master| map.masters().get(master)) else {
                continue;
            };
            if self.pushers.iter().all(|(known, _)| known != place) {
                let node = self.topology.node(place)?;
                let pusher = match &self.role {
                    Some(role) => node.pusher(role),
                    None => Box::new(SharedPusher(node)),
                };
                self.pushers.push((place.clone(), pusher));
            }
        }
        Ok(())
    }

    /// Writes the parts, all at a time but those that note what is done: they are
    /// for after the others.
    pub(super) async fn write_parts(
        &mut self,
        mut parts: Parts<'_>,
        map: &Arc<SlotMap>,
        merged: &mut Merged,
    ) {
        if !Arc::ptr_eq(map, &self.map) {
            self.map = Arc::clone(map);
            self.pushers
                .retain(|(place, _)| map.masters().contains(place));
        }
        let chosen = self.choose(&parts);
        parts.0.sort_by_key(|(_, part)| part.done.is_some());
        let last = parts.0.iter().position(|(_, part)| part.done.is_some());
        let (first, last) = parts.0.split_at(last.unwrap_or(parts.0.len()));
        for parts in [first, last] {
            let writes = self.pushers.iter_mut().filter_map(|(place, pusher)| {
                let at = |master: &Option<usize>| {
                    master.and_then(|master| map.masters().get(master)) == Some(&*place)
                };
                let (_, part) = parts.iter().find(|(master, _)| at(master))?;
                Some(async move { (part, pusher.write(part.write()).await) })
            });
            let mut written = join_all(writes).await;
            for (_, part) in parts {
                let outcome = written.iter().position(|(of, _)| std::ptr::eq(*of, part));
                let outcome = outcome.map(|at| written.swap_remove(at).1);
                let nobody = || chosen.clone().and(Err(nobody_has(part)));
                merged.add(part, outcome.unwrap_or_else(nobody), &self.topology);
            }
        }
    }
}

fn nobody_has(part: &Part<'_>) -> TransportError {
    let list = part.pushes.first().map_or("", |push| &push.list);
    TransportError::not_sent(
        "push to Redis",
        format!(
            "no node of the cluster has slot {}, that of `{list}`",
            slot_of(list)
        ),
    )
}

impl Pusher for ClusterPusher {
    fn write<'a>(&'a mut self, write: Write<'a>) -> BoxFuture<'a, Result<Written, TransportError>> {
        Box::pin(async move {
            let map = self.topology.map();
            let mut merged = Merged::default();
            let parts = Parts::of(write, &map);
            self.write_parts(parts, &map, &mut merged).await;
            merged.of_all(write)
        })
    }
}
