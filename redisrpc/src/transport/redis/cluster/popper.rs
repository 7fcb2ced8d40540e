//! Pops from lists of one slot, wherever that is.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::{
    super::{
        Redis,
        slots::{Place, SlotMap, slot_of},
    },
    pusher::{ClusterPusher, Merged, Part, Parts, is_all_at},
    topology::Topology,
};
use crate::{
    error::TransportError,
    transport::{Interrupt, Pop, Popper, Pushed, Transport as _, Write},
};

/// How long a node whose slot has gone to another may take to answer a pop: if it is
/// there it does so at once.
const LAST_WORD: Duration = Duration::from_secs(2);

const POP: &str = "pop from Redis";

/// A connection that pops from lists of one slot, and connections for what is to be
/// pushed before and belongs elsewhere.
#[derive(Debug)]
pub(super) struct ClusterPopper {
    topology: Arc<Topology>,
    role: String,
    /// At the node where the slot was last.
    popper: Option<(Place, Box<dyn Popper>)>,
    elsewhere: ClusterPusher,
    state: Arc<State>,
}

/// What the popper and those who interrupt it share.
#[derive(Debug, Default)]
struct State(Mutex<Interrupted>);

#[derive(Debug, Default)]
struct Interrupted {
    /// Since the last pop began: the next node must hear of it, too.
    yes: bool,
    /// Of the connection that pops.
    inner: Option<Arc<dyn Interrupt>>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Interrupted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interrupt for State {
    fn interrupt(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let inner = {
                let mut interrupted = self.lock();
                interrupted.yes = true;
                interrupted.inner.clone()
            };
            if let Some(inner) = inner {
                inner.interrupt().await;
            }
        })
    }
}

impl ClusterPopper {
    pub(super) fn new(topology: Arc<Topology>, role: &str) -> Self {
        Self {
            elsewhere: ClusterPusher::new(Arc::clone(&topology), role),
            topology,
            role: role.to_owned(),
            popper: None,
            state: Arc::default(),
        }
    }

    /// The connection to pop with; a new one if the slot is elsewhere now.
    async fn go_to(&mut self, place: &Place, node: &Redis) -> Box<dyn Popper> {
        if let Some((at, popper)) = self.popper.take()
            && at == *place
        {
            return popper;
        }
        let popper = node.popper(&self.role);
        let interrupt = popper.interrupt();
        let was_interrupted = {
            let mut interrupted = self.state.lock();
            interrupted.inner = Some(Arc::clone(&interrupt));
            interrupted.yes
        };
        if was_interrupted {
            interrupt.interrupt().await;
        }
        popper
    }

    /// Where the lists are, and the node there.
    fn find(
        &self,
        pop: Pop<'_>,
        map: &SlotMap,
    ) -> Result<(usize, Place, Arc<Redis>), TransportError> {
        let list = pop.lists.first().map_or("", |list| list);
        let place = self.topology.place_of(list)?;
        let node = self.topology.node(&place)?;
        // The map that was found in may be a newer one.
        match map.index(slot_of(list)) {
            Some(master) if map.masters()[master] == place => Ok((master, place, node)),
            _ => Err(TransportError::not_sent(POP, "the slot has just moved").passing()),
        }
    }

    async fn once(
        &mut self,
        write: Write<'_>,
        pushed: Pushed<'_>,
        pop: Pop<'_>,
    ) -> Result<Vec<Bytes>, TransportError> {
        let map = self.topology.map();
        let found = self.find(pop, &map);
        let (master, place, node) = found.inspect_err(|error| {
            if !write.is_empty() {
                pushed(Err(error.clone()));
            }
        })?;
        let mut popper = self.go_to(&place, &node).await;
        let popping = if is_all_at(write, master, &map) {
            pop_at(&self.topology, (&mut *popper, &place), write, pushed, pop).await
        } else {
            let mut parts = Parts::of(write, &map);
            let here = parts.take(master);
            let mut merged = Merged::default();
            // First, so that they do not wait as long as the pop does; and what is
            // done is noted when it is answered.
            self.elsewhere.write_parts(parts, &map, &mut merged).await;
            pop_with(
                &self.topology,
                (&mut *popper, &place),
                (here, merged),
                (write, pushed),
                pop,
            )
            .await
        };
        let (popped, is_of_use) = popping;
        if is_of_use {
            self.popper = Some((place, popper));
        }
        popped
    }
}

/// Pops, and pushes before what belongs here; the rest was pushed already.
async fn pop_with(
    topology: &Topology,
    (popper, place): (&mut dyn Popper, &Place),
    (here, merged): (Part<'_>, Merged),
    (write, pushed): (Write<'_>, Pushed<'_>),
    pop: Pop<'_>,
) -> (Result<Vec<Bytes>, TransportError>, bool) {
    if here.write().is_empty() {
        pushed(merged.of_all(write));
        return pop_at(
            topology,
            (popper, place),
            Write::default(),
            &mut |_| {},
            pop,
        )
        .await;
    }
    let mut merged = Some(merged);
    let mut tell = |outcome| {
        if let Some(mut merged) = merged.take() {
            merged.add(&here, outcome, topology);
            pushed(merged.of_all(write));
        }
    };
    pop_at(topology, (popper, place), here.write(), &mut tell, pop).await
}

/// Pops here; whether the connection is still of use. When the slot goes to
/// another node meanwhile, this one is given up if it does not say so itself.
async fn pop_at(
    topology: &Topology,
    (popper, place): (&mut dyn Popper, &Place),
    write: Write<'_>,
    pushed: Pushed<'_>,
    pop: Pop<'_>,
) -> (Result<Vec<Bytes>, TransportError>, bool) {
    let slot = slot_of(pop.lists.first().map_or("", |list| list));
    let mut told = write.is_empty();
    let mut tell = |outcome| {
        told = true;
        pushed(topology.noted(outcome));
    };
    let interrupt = popper.interrupt();
    let popped = {
        let popping = popper.push_and_pop(write, &mut tell, pop);
        tokio::pin!(popping);
        tokio::select! {
            biased;
            popped = &mut popping => Some(popped),
            () = topology.moved(slot, place) => {
                timeout(LAST_WORD, interrupt.end(popping)).await.ok()
            }
        }
    };
    if let Some(popped) = popped {
        return (popped.map_err(|error| topology.note(error)), true);
    }
    let error = TransportError::unknown(POP, "the slot is at another node now");
    if !told {
        pushed(Err(error.clone()));
    }
    (Err(error), false)
}

impl Popper for ClusterPopper {
    fn push_and_pop<'a>(
        &'a mut self,
        write: Write<'a>,
        pushed: Pushed<'a>,
        pop: Pop<'a>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>, TransportError>> {
        Box::pin(async move {
            let popped = self.once(write, pushed, pop).await;
            self.state.lock().yes = false;
            popped
        })
    }

    fn interrupt(&self) -> Arc<dyn Interrupt> {
        Arc::clone(&self.state) as _
    }
}
