//! Any command, in a cluster: to the node of a key, or to all masters.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{super::slots::Place, Cluster, Redis};
use crate::{
    error::TransportError,
    transport::admin::{Admin, Command, Reply},
};

impl Admin for Cluster {
    fn ask<'a>(
        &'a self,
        key: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>> {
        let ask = move |node: Arc<Redis>| async move { node.ask(key, commands).await };
        Box::pin(self.at(key, ask))
    }

    fn nodes(&self) -> Vec<String> {
        self.topology.map().masters().iter().map(name).collect()
    }

    fn ask_node<'a>(
        &'a self,
        node: &'a str,
        commands: &'a [Command],
    ) -> BoxFuture<'a, Result<Vec<Reply>, TransportError>> {
        let map = self.topology.map();
        let place = map.masters().iter().find(|place| name(place) == node);
        let place = place.cloned();
        Box::pin(async move {
            let gone = || TransportError::not_sent("ask Redis", format!("{node} is gone"));
            let node = self.topology.node(&place.ok_or_else(gone)?)?;
            node.ask("", commands).await
        })
    }
}

fn name((host, port): &Place) -> String {
    format!("{host}:{port}")
}
