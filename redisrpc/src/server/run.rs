//! Running requests: in place while they are quick, as tasks when they wait.
//!
//! A task costs more than a quick method does. So a request is polled once where
//! it was taken, and only one that has to wait goes on in a task of its own.
//! Methods that keep a thread busy for long become tasks at once, where there are
//! other threads to run them.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, task::JoinSet};

use crate::broker::let_others_run;

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
    /// Of requests about which nothing is known: a few at first, where others may
    /// have to wait for them.
    fn new(ordered: bool) -> Self {
        let parallel = Handle::current().metrics().num_workers() > 1;
        let cautious = ordered || parallel;
        Self {
            busy: AtomicU64::new(if cautious { nanos(AT_ONCE) / 8 } else { 0 }),
            parallel,
        }
    }

    /// Takes in how long so many requests have kept a thread busy.
    fn note(&self, requests: usize, began: Instant) {
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

    /// Whether so many requests, begun since then, show that the others are to
    /// become tasks. Not asked after each: reading the clock takes its time too.
    fn prove_slow(&self, begun: u32, began: Instant) -> bool {
        (begun.is_power_of_two() || begun.is_multiple_of(16)) && {
            let busy = began.elapsed();
            busy >= AT_ONCE || self.parallel && busy > WORTH_A_TASK * begun
        }
    }

    /// Whether requests are to become tasks before they are looked at.
    fn is_slow(&self) -> bool {
        self.parallel && self.busy.load(Ordering::Relaxed) > nanos(WORTH_A_TASK)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Runs requests, each given as the future of its run.
#[derive(Debug)]
pub(super) struct Runner<F> {
    place: Place<F>,
    pace: Arc<Pace>,
    tasks: JoinSet<()>,
}

impl<F: Future<Output = ()> + Send + 'static> Runner<F> {
    /// `ordered` for requests that run one after the other.
    pub(super) fn new(ordered: bool) -> Self {
        Self {
            place: Place(None),
            pace: Arc::new(Pace::new(ordered)),
            tasks: JoinSet::new(),
        }
    }

    /// How busy the requests keep a thread.
    pub(super) fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// Runs requests in their order. The permit is given back after the last.
    pub(super) async fn one_by_one<I>(&mut self, mut requests: I, permit: OwnedSemaphorePermit)
    where
        I: ExactSizeIterator<Item = F> + Send + 'static,
    {
        let (began, count) = (Instant::now(), requests.len());
        let rest = once(|cx| self.first_that_waits(cx, &mut requests, began)).await;
        if rest.is_none() && requests.len() == 0 {
            self.pace.note(count, began);
            return;
        }
        let pace = Arc::clone(&self.pace);
        self.tasks.spawn(async move {
            if let Some(rest) = rest {
                rest.await;
            }
            for request in requests {
                // The replies there are do not wait for those to come.
                let_others_run().await;
                request.await;
            }
            pace.note(count, began);
            drop(permit);
        });
    }

    /// Runs requests side by side. Each that waits keeps one permit until its end.
    pub(super) async fn side_by_side<I>(
        &mut self,
        mut requests: I,
        mut permit: OwnedSemaphorePermit,
    ) where
        I: ExactSizeIterator<Item = F>,
    {
        if !self.pace.is_slow() {
            let run = |cx: &mut Context<'_>| self.in_place(cx, &mut requests);
            let waiting = once(run).await;
            self.spawn(waiting, &mut permit);
        }
        // Those that are left, if they proved to be slow.
        self.as_tasks(requests, &mut permit);
    }

    /// Runs requests until one waits, which it returns, or they prove to be slow.
    fn first_that_waits(
        &mut self,
        cx: &mut Context<'_>,
        requests: &mut impl Iterator<Item = F>,
        began: Instant,
    ) -> Option<Rest<F>> {
        for (before, request) in (0..).zip(requests) {
            let rest = self.place.try_run(cx, request);
            if rest.is_some() || self.pace.prove_slow(before + 1, began) {
                return rest;
            }
        }
        None
    }

    /// Polls each request once, until they prove to be slow; those that wait.
    fn in_place(
        &mut self,
        cx: &mut Context<'_>,
        requests: &mut impl Iterator<Item = F>,
    ) -> Vec<Rest<F>> {
        let began = Instant::now();
        let (mut waiting, mut begun) = (Vec::new(), 0_u32);
        for request in requests {
            waiting.extend(self.place.try_run(cx, request));
            begun += 1;
            if self.pace.prove_slow(begun, began) {
                break;
            }
        }
        self.pace.note(begun as usize, began);
        waiting
    }

    fn as_tasks(&mut self, requests: impl Iterator<Item = F>, permit: &mut OwnedSemaphorePermit) {
        let pace = &self.pace;
        let runs = requests.map(|request| {
            let pace = Arc::clone(pace);
            async move {
                let began = Instant::now();
                let rest = once(|cx| Place(None).try_run(cx, request)).await;
                pace.note(1, began);
                if let Some(rest) = rest {
                    rest.await;
                }
            }
        });
        let runs: Vec<_> = runs.collect();
        self.spawn(runs, permit);
    }

    fn spawn<R>(&mut self, runs: Vec<R>, permit: &mut OwnedSemaphorePermit)
    where
        R: Future<Output = ()> + Send + 'static,
    {
        for run in runs {
            let permit = permit.split(1).expect("no more requests than permits");
            self.tasks.spawn(async move {
                run.await;
                drop(permit);
            });
        }
    }

    /// Forgets the tasks that have ended, which would otherwise be kept.
    pub(super) fn tidy(&mut self) {
        while self.tasks.try_join_next().is_some() {}
    }

    /// The requests that still run.
    pub(super) fn into_tasks(self) -> JoinSet<()> {
        self.tasks
    }
}

/// Does this once, with the means to wake the task it is done in.
async fn once<T>(act: impl FnOnce(&mut Context<'_>) -> T) -> T {
    let mut act = Some(act);
    poll_fn(|cx| act.take().map_or(Poll::Pending, |act| Poll::Ready(act(cx)))).await
}

/// A place for the future of one request, used again while none has to wait.
#[derive(Debug)]
struct Place<F>(Option<Pin<Box<Option<F>>>>);

impl<F: Future<Output = ()>> Place<F> {
    /// Polls the future once. If it has to wait, what is left of it.
    fn try_run(&mut self, cx: &mut Context<'_>, future: F) -> Option<Rest<F>> {
        let place = self.0.get_or_insert_with(|| Box::pin(None));
        place.set(Some(future));
        if poll(place, cx).is_ready() {
            place.set(None);
            return None;
        }
        self.0.take().map(Rest)
    }
}

/// What is left of a request that had to wait.
struct Rest<F>(Pin<Box<Option<F>>>);

impl<F: Future<Output = ()>> Future for Rest<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        poll(&mut self.0, cx)
    }
}

fn poll<F: Future<Output = ()>>(place: &mut Pin<Box<Option<F>>>, cx: &mut Context<'_>) -> Poll<()> {
    match place.as_mut().as_pin_mut() {
        Some(future) => future.poll(cx),
        None => Poll::Ready(()),
    }
}
