//! The servers there are, in a cluster: those of a queue are listed at its node.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use super::{Cluster, Redis};
use crate::{
    error::TransportError,
    transport::{
        List,
        registry::{Heard, Holder, Live, Registry},
    },
    wire::names,
};

impl Registry for Cluster {
    fn beat<'a>(
        &'a self,
        server: &'a Holder,
        lease: Duration,
        about: &'a [u8],
    ) -> BoxFuture<'a, Result<Heard, TransportError>> {
        let beat = move |node: Arc<Redis>| async move { node.beat(server, lease, about).await };
        Box::pin(self.at(&server.queue, beat))
    }

    fn leave<'a>(&'a self, server: &'a Holder) -> BoxFuture<'a, Result<(), TransportError>> {
        let leave = move |node: Arc<Redis>| async move { node.leave(server).await };
        Box::pin(self.at(&server.queue, leave))
    }

    fn enlist<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<(), TransportError>> {
        let enlist = move |node: Arc<Redis>| async move { node.enlist(queue).await };
        Box::pin(self.at(names::QUEUES, enlist))
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<String>, TransportError>> {
        let queues = |node: Arc<Redis>| async move { node.queues().await };
        Box::pin(self.at(names::QUEUES, queues))
    }

    fn servers<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Live>, TransportError>> {
        let servers = move |node: Arc<Redis>| async move { node.servers(queue).await };
        Box::pin(self.at(queue, servers))
    }

    fn is_served<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<bool, TransportError>> {
        let served = move |node: Arc<Redis>| async move { node.is_served(queue).await };
        Box::pin(self.at(queue, served))
    }

    fn order<'a>(
        &'a self,
        queue: &'a List,
        server: &'a str,
        order: &'a str,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        let give = move |node: Arc<Redis>| async move { node.order(queue, server, order).await };
        Box::pin(self.at(queue, give))
    }
}
