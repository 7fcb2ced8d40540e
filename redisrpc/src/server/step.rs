//! A server run by hand: each step serves what is queued now.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::Semaphore;

use super::{
    Server,
    dispatch::{Dispatcher, Unbegun},
    herald::Herald,
    respond::{self, Writer},
};
use crate::{error::Error, metering::Meters, service::Service, transport::List};

/// A server that does nothing between two calls of [`step`](Self::step); from
/// [`Server::stepped`].
///
/// For programs with a loop of their own. It uses no connection that blocks. Its
/// requests are delivered [at most once](crate::Delivery::AtMostOnce): between two
/// steps there is nobody to say that the server lives.
pub struct SteppedServer(Box<dyn Steps>);

impl std::fmt::Debug for SteppedServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SteppedServer")
            .field("queue", self.0.queue())
            .finish_non_exhaustive()
    }
}

impl SteppedServer {
    pub(super) fn new(server: &Server) -> Result<Self, Error> {
        server.broker.check_queue(&server.queue)?;
        if server.options.shards.get() > 1 {
            return Err(Error::Invalid(
                "a server that is run step by step serves one queue; leave out `shards`".to_owned(),
            ));
        }
        Ok(Self(server.service.steps(server)))
    }

    /// Serves the requests that are queued now, as many as may run at once, and
    /// says how many those were. None is a sign to do something else for a while.
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] when the broker does not answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future answers what it was running `interrupted`, with the
    /// next step; requests it was just taking may be lost.
    pub async fn step(&mut self) -> Result<usize, Error> {
        self.0.step().await
    }
}

/// The steps of a server, of whatever service.
pub(super) trait Steps: Send {
    fn queue(&self) -> &List;

    fn step(&mut self) -> BoxFuture<'_, Result<usize, Error>>;
}

/// The steps of a server of this service.
pub(super) struct StepsOf<S: Service> {
    dispatcher: Dispatcher<S>,
    writer: Writer,
    /// Most requests of one step.
    most: usize,
}

impl<S: Service> Steps for StepsOf<S> {
    fn queue(&self) -> &List {
        &self.dispatcher.queue
    }

    fn step(&mut self) -> BoxFuture<'_, Result<usize, Error>> {
        Box::pin(async {
            let served = self.dispatcher.serve(self.most).await;
            // Also those that an earlier step could not write.
            self.writer.flush().await.map_err(Error::Transport)?;
            served
        })
    }
}

impl<S: Service> StepsOf<S> {
    pub(super) fn new(server: &Server, cell: Arc<S::Cell>) -> Self {
        let transport = server.broker.transport();
        let queue = List::from(server.queue.as_str());
        let (responder, writer) =
            respond::writer(&queue, transport.pusher(&queue), server.options.messages);
        let herald = Herald::new::<S>(&queue, transport, &server.options, &server.stop);
        Self {
            // Redis counts no further than an `i64`.
            most: server.options.concurrency.get().min(Semaphore::MAX_PERMITS),
            dispatcher: Dispatcher {
                #[cfg(feature = "tower")]
                layers: server.options.layers.around::<S>(&cell),
                cell,
                meters: Meters::of_server(&queue),
                queue,
                transport: transport.clone(),
                options: server.options.clone(),
                responder,
                stopping: server.stop.watched(),
                herald: Arc::new(herald),
                // It hears nothing between two steps.
                cancels: Arc::default(),
                unbegun: Unbegun::default(),
            },
            writer,
        }
    }
}

impl<S: Service> Dispatcher<S> {
    /// Runs what is queued now, `most` requests of it, and says how many there were.
    async fn serve(&self, most: usize) -> Result<usize, Error> {
        if S::ORDERED {
            let mut served = 0;
            while served < most {
                let Some(request) = self.take(1).await?.pop() else {
                    break;
                };
                self.run(request, None).await;
                served += 1;
            }
            return Ok(served);
        }
        let requests = self.take(most).await?.into_iter();
        let running: FuturesUnordered<_> =
            requests.map(|request| self.run(request, None)).collect();
        Ok(running.count().await)
    }

    async fn take(&self, most: usize) -> Result<Vec<Bytes>, Error> {
        let queue = [self.queue.clone()];
        let taken = self.transport.take(&queue, most).await;
        let taken = taken.and_then(|taken| taken.into_iter().next().unwrap_or(Ok(Vec::new())));
        taken.map_err(Error::Transport)
    }
}
