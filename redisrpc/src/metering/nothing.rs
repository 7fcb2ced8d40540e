//! The same without the feature `metrics`: nothing, and nothing is paid for it.

use std::{sync::Arc, time::Duration};

use super::{Fate, Unrun};

#[derive(Debug, Clone)]
pub(crate) struct Meters;

impl Meters {
    pub(crate) fn of_client(_queue: &Arc<str>) -> Self {
        Self
    }

    pub(crate) fn of_server(_queue: &Arc<str>) -> Self {
        Self
    }

    pub(crate) fn begin<'a>(&self, _method: impl FnOnce() -> &'a str) -> Timed {
        Timed
    }

    pub(crate) fn waited(&self, _waited: impl FnOnce() -> Option<Duration>) {}
}

#[derive(Debug)]
pub(crate) struct Timed;

impl Timed {
    pub(crate) fn none() -> Self {
        Self
    }

    #[expect(clippy::needless_pass_by_ref_mut, reason = "its counterpart changes")]
    pub(crate) fn ended(&mut self, _error: Option<&'static str>) {}
}

#[derive(Debug, Default)]
pub(crate) struct Level;

impl Level {
    pub(crate) fn of_replies(_queue: &Arc<str>) -> Self {
        Self
    }

    pub(crate) fn changes(&self, _before: usize, _now: usize) {}
}

pub(crate) fn retried(_queue: &Arc<str>, _method: &str) {}

pub(crate) fn withdrawn(_queue: &Arc<str>) {}

pub(crate) fn queue_length(_queue: &Arc<str>, _length: u64) {}

pub(crate) fn unrun(_queue: &Arc<str>, _why: Unrun) {}

pub(crate) fn taken_over(_queue: &Arc<str>, _fate: Fate, _requests: usize) {}

pub(crate) fn connected(_succeeded: bool) {}
