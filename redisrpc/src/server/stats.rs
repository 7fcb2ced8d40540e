//! What a server has done, counted as it does it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Instant,
};

use crate::{
    descriptor::ServiceDescriptor,
    discovery::{Histogram, MethodStats},
};

/// Calls a second from which not every one is timed: to read the clock twice costs
/// as much as to count.
const MANY: f64 = 1000.0;

/// Of many, how many calls one is timed for.
const ONE_OF: u32 = 64;

/// Counts for each method of a service.
#[derive(Debug)]
pub(super) struct Stats {
    /// By name and by alias, in order: to find one of a few so is quicker than to hash
    /// its name.
    places: Vec<(&'static str, usize)>,
    methods: Vec<Counts>,
    /// A call is timed if its number has none of these bits.
    untimed: AtomicU32,
}

#[derive(Debug)]
struct Counts {
    name: &'static str,
    begun: AtomicU64,
    ended: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    latency: [AtomicU64; Histogram::LENGTH],
}

impl Stats {
    pub(super) fn new(service: &ServiceDescriptor) -> Self {
        let mut places = Vec::new();
        for (place, method) in service.methods().iter().enumerate() {
            places.push((method.name(), place));
            places.extend(method.aliases().iter().map(|alias| (*alias, place)));
        }
        places.sort_unstable();
        let methods = service.methods().iter().map(|method| Counts {
            name: method.name(),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            latency: [const { AtomicU64::new(0) }; Histogram::LENGTH],
        });
        Self {
            places,
            methods: methods.collect(),
            untimed: AtomicU32::new(0),
        }
    }

    /// A call begins, until what is returned is dropped. Of an unknown method
    /// nothing is counted.
    pub(super) fn begin(&self, method: &str) -> Option<Running<'_>> {
        let found = self
            .places
            .binary_search_by(|(name, _)| (*name).cmp(method));
        let counts = &self.methods[self.places[found.ok()?].1];
        let number = counts.begun.fetch_add(1, Ordering::Relaxed);
        let untimed = u64::from(self.untimed.load(Ordering::Relaxed));
        Some(Running {
            counts,
            began: (number & untimed == 0).then(Instant::now),
        })
    }

    /// Times every call, or some, going by how many a second there are.
    pub(super) fn calls_a_second(&self, calls: f64) {
        let untimed = if calls < MANY { 0 } else { ONE_OF - 1 };
        self.untimed.store(untimed, Ordering::Relaxed);
    }

    /// Requests that run now, and all that ever began.
    pub(super) fn in_flight_and_begun(&self) -> (u64, u64) {
        // What ended is read first: nothing ends before it begins.
        let sum = |count: fn(&Counts) -> &AtomicU64| {
            let counts = self.methods.iter().map(count);
            counts.map(|it| it.load(Ordering::Acquire)).sum::<u64>()
        };
        let ended = sum(|it| &it.ended);
        let begun = sum(|it| &it.begun);
        (begun.saturating_sub(ended), begun)
    }

    /// The methods that were called.
    pub(super) fn methods(&self) -> BTreeMap<String, MethodStats> {
        let called = self.methods.iter();
        let called = called.filter(|it| it.begun.load(Ordering::Relaxed) > 0);
        called
            .map(|counts| (counts.name.to_owned(), counts.read()))
            .collect()
    }
}

impl Counts {
    fn read(&self) -> MethodStats {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        MethodStats {
            calls: read(&self.begun),
            errors: read(&self.errors),
            panics: read(&self.panics),
            latency: Histogram::of(self.latency.iter().map(read)),
        }
    }
}

/// A call that runs.
#[derive(Debug)]
pub(super) struct Running<'a> {
    counts: &'a Counts,
    /// If it is timed.
    began: Option<Instant>,
}

impl Running<'_> {
    /// It ended with an exception.
    pub(super) fn failed(&self, panicked: bool) {
        self.counts.errors.fetch_add(1, Ordering::Relaxed);
        if panicked {
            self.counts.panics.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(began) = self.began {
            let step = usize::from(Histogram::step(began.elapsed()));
            self.counts.latency[step].fetch_add(1, Ordering::Relaxed);
        }
        self.counts.ended.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::MethodDescriptor;

    static ADD: MethodDescriptor = MethodDescriptor::new("add", &[], "f64").with_aliases(&["plus"]);
    static DIV: MethodDescriptor = MethodDescriptor::new("div", &[], "f64");
    static CALCULATOR: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&ADD, &DIV]);

    #[test]
    fn calls_are_counted_by_the_name_of_the_method() {
        let stats = Stats::new(&CALCULATOR);
        assert!(stats.begin("mul").is_none());
        drop(stats.begin("add"));
        let running = stats.begin("plus").unwrap();
        assert_eq!(stats.in_flight_and_begun(), (1, 2));
        running.failed(true);
        drop(running);
        assert_eq!(stats.in_flight_and_begun(), (0, 2));
        let methods = stats.methods();
        assert_eq!(methods.keys().collect::<Vec<_>>(), ["add"]);
        let add = &methods["add"];
        assert_eq!((add.calls, add.errors, add.panics), (2, 1, 1));
        assert_eq!(add.latency.count(), 2);
    }

    #[test]
    fn of_many_calls_few_are_timed() {
        let stats = Stats::new(&CALCULATOR);
        stats.calls_a_second(10_000.0);
        for _ in 0..640 {
            drop(stats.begin("div"));
        }
        assert_eq!(stats.methods()["div"].latency.count(), 10);
        stats.calls_a_second(10.0);
        drop(stats.begin("div"));
        assert_eq!(stats.methods()["div"].latency.count(), 11);
    }
}
