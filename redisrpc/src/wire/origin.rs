//! Where a request was taken from: what its message does not say.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Instant,
};

use crate::{cancellation::Cancellation, credit::Credit};

/// What a server knows of a request that it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) queue: &'a Arc<str>,
    /// The caller's deadline, by this process' clock.
    pub(crate) deadline: Option<Instant>,
    /// Made for those requests of which somebody asks.
    pub(crate) cancellation: &'a OnceLock<Arc<Cancellation>>,
    /// Where the parts of a stream go, if its caller takes any.
    pub(crate) outlet: Option<&'a Outlet<'a>>,
}

/// Where the parts of a stream go.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    /// The number that the caller gave the call.
    pub(crate) id: u64,
    pub(crate) credit: Arc<Credit>,
    sink: Box<dyn Sink + 'a>,
}

/// What takes the parts of a stream.
pub(crate) trait Sink: fmt::Debug + Send + Sync {
    /// Sends a part on its way.
    fn send(&self, part: Vec<u8>);

    /// The name by which the caller can speak to the server.
    fn server(&self) -> Arc<str>;
}

impl<'a> Outlet<'a> {
    /// For a caller that takes so many items to begin with.
    pub(crate) fn new(id: u64, credit: u64, sink: Box<dyn Sink + 'a>) -> Self {
        Self {
            id,
            credit: Arc::new(Credit::new(credit)),
            sink,
        }
    }

    pub(crate) fn send(&self, part: Vec<u8>) {
        self.sink.send(part);
    }

    pub(crate) fn server(&self) -> Arc<str> {
        self.sink.server()
    }
}
