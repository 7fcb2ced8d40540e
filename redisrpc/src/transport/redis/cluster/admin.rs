//! Any command, in a cluster: to the node of a key, or to all masters.

use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};

use super::{Cluster, Redis};
use crate::{
    error::TransportError,
    transport::admin::{Admin, Command, OfNode, Reply},
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

    fn ask_each<'a>(&'a self, commands: &'a [Command]) -> BoxFuture<'a, Vec<OfNode>> {
        let masters = self.topology.map().masters().to_vec();
        let asked = masters.into_iter().map(|place| async move {
            let answers = match self.topology.node(&place) {
                Ok(node) => node.ask("", commands).await,
                Err(error) => Err(error),
            };
            (format!("{}:{}", place.0, place.1), answers)
        });
        Box::pin(join_all(asked))
    }
}
