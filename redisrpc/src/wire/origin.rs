//! Where a request was taken from: what its message does not say.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use crate::cancellation::Cancellation;

/// What a server knows of a request that it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) queue: &'a Arc<str>,
    /// The caller's deadline, by this process' clock.
    pub(crate) deadline: Option<Instant>,
    /// Made for those requests of which somebody asks.
    pub(crate) cancellation: &'a OnceLock<Arc<Cancellation>>,
}
