//! Running requests: in place while they are quick, as tasks when they wait.
//!
//! A task costs more than a quick method does. So a request is polled once where
//! it was taken, and only one that has to wait goes on in a task of its own.
//! Methods that keep a thread busy for long become tasks at once, where there are
//! other threads to run them.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

/// How long the requests taken at once may keep their server busy: what it takes
/// no other server can.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Busy time from which a method is worth a task.
const WORTH_A_TASK: Duration = Duration::from_micros(20);

/// How busy requests keep a thread, as measured.
#[derive(Debug)]
pub(super) struct Pace {
    /// Nanoseconds of one request.
    busy: AtomicU64,
    /// Whether there are other threads.
    parallel: bool,
}

impl Pace {
    /// Of requests about which nothing is known: those that wait for each other
    /// are few at first.
    pub(super) fn new(ordered: bool) -> Self {
        Self {
            busy: AtomicU64::new(if ordered { nanos(AT_ONCE) / 8 } else { 0 }),
            parallel: Handle::current().metrics().num_workers() > 1,
        }
    }

    /// Takes in how long so many requests have kept a thread busy.
    pub(super) fn note(&self, requests: usize, began: Instant) {
        let one = nanos(began.elapsed()) / (requests as u64).max(1);
        let before = self.busy.load(Ordering::Relaxed);
        // Falls at once and rises slowly: a thread that was not let run for a while
        // looks as if it had been busy.
        let now = match one.checked_sub(before) {
            Some(more) => before + more / 8,
            None => u64::midpoint(before, one),
        };
        self.busy.store(now, Ordering::Relaxed);
    }

    /// Most requests to take at once.
    pub(super) fn most(&self) -> usize {
        let busy = self.busy.load(Ordering::Relaxed).max(1);
        usize::try_from(nanos(AT_ONCE) / busy).map_or(usize::MAX, |most| most.max(1))
    }

    /// Whether requests are to become tasks before they are looked at.
    pub(super) fn is_slow(&self) -> bool {
        self.parallel && self.busy.load(Ordering::Relaxed) > nanos(WORTH_A_TASK)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A place for the future of one request, used again while none has to wait.
#[derive(Debug)]
pub(super) struct Place<F>(Option<Pin<Box<Option<F>>>>);

impl<F: Future<Output = ()>> Place<F> {
    pub(super) fn new() -> Self {
        Self(None)
    }

    /// Polls the future once. If it has to wait, what is left of it.
    pub(super) async fn try_run(&mut self, future: F) -> Option<impl Future<Output = ()> + use<F>> {
        let mut place = self.0.take().unwrap_or_else(|| Box::pin(None));
        place.set(Some(future));
        let polled = poll_fn(|cx| Poll::Ready(poll(&mut place, cx))).await;
        if polled.is_pending() {
            return Some(poll_fn(move |cx| poll(&mut place, cx)));
        }
        place.set(None);
        self.0 = Some(place);
        None
    }
}

fn poll<F: Future<Output = ()>>(place: &mut Pin<Box<Option<F>>>, cx: &mut Context<'_>) -> Poll<()> {
    match place.as_mut().as_pin_mut() {
        Some(future) => future.poll(cx),
        None => Poll::Ready(()),
    }
}
