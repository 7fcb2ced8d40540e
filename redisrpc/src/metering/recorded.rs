//! Metrics, given to the recorder that is installed. Where none is, a call costs the
//! look for its method, and allocates nothing.
//!
//! The recorder is asked anew each time: it may be installed at any time, and what a
//! program keeps from one that is no more would be lost.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::{Gauge, Key, Label, Level as Verbosity, Metadata, SharedString, with_recorder};

use super::{
    Fate, Unrun,
    names::{self, Kind},
};

static METADATA: Metadata<'static> =
    Metadata::new("redisrpc", Verbosity::INFO, Some(module_path!()));

/// The outcome of what went well.
const OK: &str = "ok";

/// Tells the recorder what the metrics mean.
fn describe() {
    with_recorder(|recorder| {
        for metric in names::ALL {
            let (name, unit) = (metric.name.into(), Some(metric.unit));
            let meaning = SharedString::const_str(metric.meaning);
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, unit, meaning),
                Kind::Gauge => recorder.describe_gauge(name, unit, meaning),
                Kind::Histogram => recorder.describe_histogram(name, unit, meaning),
            }
        }
    });
}

// ===== what there is one of for each call =====

/// What is measured of one queue, at one end.
#[derive(Debug, Clone)]
pub(crate) struct Meters(Arc<OfQueue>);

#[derive(Debug)]
struct OfQueue {
    queue: Arc<str>,
    duration: &'static str,
    /// The outcome of what is dropped half-way.
    dropped: &'static str,
    in_flight: Key,
    waited: Key,
    /// By name. A program calls few, and serves no more than its service has.
    methods: RwLock<HashMap<Box<str>, Arc<Method>>>,
}

#[derive(Debug)]
struct Method {
    name: Arc<str>,
    /// Of its duration, where it goes well.
    ok: Key,
}

impl Meters {
    /// Of the calls to a queue.
    pub(crate) fn of_client(queue: &Arc<str>) -> Self {
        let in_flight = names::CALLS_IN_FLIGHT;
        Self::new(queue, names::CALL_DURATION, in_flight, "cancelled")
    }

    /// Of the methods that run for a queue's requests.
    pub(crate) fn of_server(queue: &Arc<str>) -> Self {
        let in_flight = names::RUNS_IN_FLIGHT;
        Self::new(queue, names::RUN_DURATION, in_flight, "interrupted")
    }

    fn new(
        queue: &Arc<str>,
        duration: &'static str,
        in_flight: &'static str,
        dropped: &'static str,
    ) -> Self {
        describe();
        Self(Arc::new(OfQueue {
            queue: Arc::clone(queue),
            duration,
            dropped,
            in_flight: key(in_flight, queue, []),
            waited: key(names::QUEUE_WAIT, queue, []),
            methods: RwLock::default(),
        }))
    }

    /// A call of the method begins, or its run, until what is returned is dropped. Not
    /// to be given names that a stranger made up.
    pub(crate) fn begin<'a>(&self, method: impl FnOnce() -> &'a str) -> Timed {
        let gauge = with_recorder(|it| it.register_gauge(&self.0.in_flight, &METADATA));
        gauge.increment(1.0);
        Timed(Some(Begun {
            queue: Arc::clone(&self.0),
            method: self.0.method(method()),
            in_flight: gauge,
            at: Instant::now(),
        }))
    }

    /// A request waited for so long in the queue, if that is known.
    pub(crate) fn waited(&self, waited: impl FnOnce() -> Option<Duration>) {
        if let Some(waited) = waited() {
            record(&self.0.waited, waited.as_secs_f64());
        }
    }
}

impl OfQueue {
    fn method(&self, name: &str) -> Arc<Method> {
        let known = self.methods.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(method) = known.get(name) {
            return Arc::clone(method);
        }
        drop(known);
        let shared = Arc::<str>::from(name);
        let method = Arc::new(Method {
            ok: self.duration(&shared, OK),
            name: shared,
        });
        let mut known = self.methods.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.into(), Arc::clone(&method));
        method
    }

    fn duration(&self, method: &Arc<str>, outcome: &'static str) -> Key {
        let method = Label::new("method", SharedString::from_shared(Arc::clone(method)));
        let outcome = Label::from_static_parts("outcome", outcome);
        key(self.duration, &self.queue, [method, outcome])
    }
}

/// What is being timed, and counted as in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct Timed(Option<Begun>);

#[derive(Debug)]
struct Begun {
    queue: Arc<OfQueue>,
    method: Arc<Method>,
    /// The one that was told of it is told that it is over.
    in_flight: Gauge,
    at: Instant,
}

impl Timed {
    /// Nothing, yet.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// It is over, and went well or did not. Only the first time counts.
    pub(crate) fn ended(&mut self, error: Option<&'static str>) {
        let Some(begun) = self.0.take() else {
            return;
        };
        begun.in_flight.decrement(1.0);
        let seconds = begun.at.elapsed().as_secs_f64();
        match error {
            None => record(&begun.method.ok, seconds),
            Some(error) => record(&begun.queue.duration(&begun.method.name, error), seconds),
        }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        let dropped = self.0.as_ref().map(|begun| begun.queue.dropped);
        self.ended(dropped);
    }
}

/// How much there is of something now, which is over when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Level {
    key: Option<Key>,
    now: AtomicI64,
}

impl Level {
    /// Of the replies that wait to be written.
    pub(crate) fn of_replies(queue: &Arc<str>) -> Self {
        Self {
            key: Some(key(names::REPLIES_WAITING, queue, [])),
            now: AtomicI64::new(0),
        }
    }

    /// So many became so many.
    pub(crate) fn changes(&self, before: usize, now: usize) {
        let more =
            i64::try_from(now).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(i64::MAX);
        self.now.fetch_add(more, Ordering::Relaxed);
        if let Some(key) = self.key.as_ref().filter(|_| more != 0) {
            // Others in the process may have a share in it.
            with_recorder(|it| it.register_gauge(key, &METADATA)).increment(more as f64);
        }
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        let left = usize::try_from(*self.now.get_mut()).unwrap_or(0);
        self.changes(left, 0);
    }
}

// ===== what happens now and then =====

/// A call is made again.
pub(crate) fn retried(queue: &Arc<str>, method: &str) {
    let method = Label::new("method", SharedString::from_owned(method.to_owned()));
    count(&key(names::RETRIES, queue, [method]), 1);
}

/// A request was taken back out of the queue.
pub(crate) fn withdrawn(queue: &Arc<str>) {
    count(&key(names::WITHDRAWN, queue, []), 1);
}

/// The queue had this length after requests were added.
pub(crate) fn queue_length(queue: &Arc<str>, length: u64) {
    record(&key(names::QUEUE_LENGTH, queue, []), length as f64);
}

/// A request was taken from the queue and not run.
pub(crate) fn unrun(queue: &Arc<str>, why: Unrun) {
    let why = match why {
        Unrun::Malformed => "malformed",
        Unrun::ForeignList => "foreign_list",
        Unrun::TooLarge => "too_large",
        Unrun::Expired => "expired",
        Unrun::GivenUp => "given_up",
        Unrun::Overstayed => "overstayed",
        Unrun::Stopped => "stopped",
    };
    let why = Label::from_static_parts("reason", why);
    count(&key(names::UNRUN, queue, [why]), 1);
}

/// This became of so many requests of a server that died.
pub(crate) fn taken_over(queue: &Arc<str>, fate: Fate, requests: usize) {
    let fate = match fate {
        Fate::Again => "again",
        Fate::Interrupted => "interrupted",
        Fate::DeadLetter => "dead_letter",
    };
    if requests > 0 {
        let fate = Label::from_static_parts("fate", fate);
        count(&key(names::TAKEN_OVER, queue, [fate]), requests as u64);
    }
}

/// A connection to Redis was opened, or could not be.
pub(crate) fn connected(succeeded: bool) {
    let outcome = if succeeded { OK } else { "failed" };
    let labels = vec![Label::from_static_parts("outcome", outcome)];
    count(&Key::from_parts(names::CONNECTIONS, labels), 1);
}

fn key<const MORE: usize>(name: &'static str, queue: &Arc<str>, more: [Label; MORE]) -> Key {
    let queue = SharedString::from_shared(Arc::clone(queue));
    let mut labels = Vec::with_capacity(1 + MORE);
    labels.push(Label::new("queue", queue));
    labels.extend(more);
    Key::from_parts(name, labels)
}

fn count(key: &Key, more: u64) {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA)).increment(more);
}

fn record(key: &Key, value: f64) {
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA)).record(value);
}
