//! The servers there are, inside the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{Memory, now};
use crate::{
    error::TransportError,
    transport::{
        List,
        registry::{Heard, Holder, Live, Registry},
    },
};

/// The servers of all queues, by queue and name.
#[derive(Default)]
pub(super) struct Servers {
    live: BTreeMap<(String, Arc<str>), Server>,
    /// Queues that are or were served.
    queues: BTreeSet<String>,
}

struct Server {
    about: Bytes,
    expires: Instant,
    orders: Vec<Bytes>,
}

impl Memory {
    /// Runs `act` on the servers, with those gone that have fallen silent.
    fn servers_now<T>(&self, act: impl FnOnce(&mut Servers) -> T) -> T {
        self.broker.with(|state| {
            let now = Instant::now();
            state.servers.live.retain(|_, server| server.expires > now);
            act(&mut state.servers)
        })
    }
}

fn key(queue: &str, server: &str) -> (String, Arc<str>) {
    (queue.to_owned(), server.into())
}

impl Registry for Memory {
    fn beat<'a>(
        &'a self,
        server: &'a Holder,
        lease: Duration,
        about: &'a [u8],
    ) -> BoxFuture<'a, Result<Heard, TransportError>> {
        now(self.servers_now(|servers| {
            let key = key(&server.queue, &server.id);
            let known = servers.live.remove(&key);
            let heard = Heard {
                was_known: known.is_some(),
                orders: known.map(|server| server.orders).unwrap_or_default(),
            };
            let server = Server {
                about: Bytes::copy_from_slice(about),
                expires: Instant::now() + lease,
                orders: Vec::new(),
            };
            servers.live.insert(key, server);
            heard
        }))
    }

    fn leave<'a>(&'a self, server: &'a Holder) -> BoxFuture<'a, Result<(), TransportError>> {
        self.servers_now(|servers| servers.live.remove(&key(&server.queue, &server.id)));
        now(())
    }

    fn enlist<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<(), TransportError>> {
        self.servers_now(|servers| servers.queues.insert(queue.to_string()));
        now(())
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<String>, TransportError>> {
        now(self.servers_now(|servers| servers.queues.iter().cloned().collect()))
    }

    fn servers<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Live>, TransportError>> {
        now(self.servers_now(|servers| {
            let of_queue = servers.live.iter().filter(|((of, _), _)| **of == **queue);
            let live = of_queue.map(|((_, id), server)| (Arc::clone(id), server.about.clone()));
            live.collect()
        }))
    }

    fn is_served<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<bool, TransportError>> {
        now(self.servers_now(|servers| servers.live.keys().any(|(of, _)| **of == **queue)))
    }

    fn order<'a>(
        &'a self,
        queue: &'a List,
        server: &'a str,
        order: &'a str,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        self.servers_now(|servers| {
            if let Some(server) = servers.live.get_mut(&key(queue, server)) {
                server.orders.push(Bytes::copy_from_slice(order.as_bytes()));
            }
        });
        now(())
    }
}
