//! Requests in progress, in a cluster: all that belongs to a queue is at its node.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{Cluster, Redis};
use crate::{
    error::TransportError,
    transport::{
        List, Taken,
        keeper::{Done, Keeper, Kept, Release},
        registry::Holder,
    },
};

impl Keeper for Cluster {
    fn take<'a>(&'a self, queue: &'a List, max: usize, keep: &'a List) -> BoxFuture<'a, Taken> {
        let take =
            move |node: Arc<Redis>| async move { Keeper::take(&*node, queue, max, keep).await };
        Box::pin(self.at(queue, take))
    }

    fn done<'a>(&'a self, done: &'a Done) -> BoxFuture<'a, Result<(), TransportError>> {
        let note = move |node: Arc<Redis>| async move { node.done(done).await };
        Box::pin(async move {
            match done.list() {
                Some(list) => self.at(list, note).await,
                None => Ok(()),
            }
        })
    }

    fn silent<'a>(&'a self, queue: &'a List) -> BoxFuture<'a, Result<Vec<Holder>, TransportError>> {
        let silent = move |node: Arc<Redis>| async move { node.silent(queue).await };
        Box::pin(self.at(queue, silent))
    }

    fn kept<'a>(&'a self, lists: &'a [List]) -> BoxFuture<'a, Result<Vec<Kept>, TransportError>> {
        Box::pin(async move {
            let kept =
                |node: Arc<Redis>, lists: Arc<[List]>| async move { node.kept(&lists).await };
            self.with(lists, kept).await.into_iter().collect()
        })
    }

    fn release<'a>(
        &'a self,
        server: &'a Holder,
        list: &'a List,
        release: &'a Release,
    ) -> BoxFuture<'a, Result<bool, TransportError>> {
        let release =
            move |node: Arc<Redis>| async move { node.release(server, list, release).await };
        Box::pin(self.at(&server.queue, release))
    }

    fn put_back<'a>(
        &'a self,
        queue: &'a List,
        messages: &'a [Bytes],
        done: &'a Done,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        let put = move |node: Arc<Redis>| async move { node.put_back(queue, messages, done).await };
        Box::pin(self.at(queue, put))
    }
}
