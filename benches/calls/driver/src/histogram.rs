//! How long calls took: counts in buckets less than one percent wide.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Buckets of each power of two.
const PARTS: u64 = 128;
const BUCKETS: usize = 40 * PARTS as usize;

/// The buckets of every thread that has counted a call.
static ALL: Mutex<Vec<Arc<Buckets>>> = Mutex::new(Vec::new());

thread_local! {
    static OWN: Arc<Buckets> = Buckets::registered();
}

/// Written by one thread, read when all have done.
struct Buckets(Box<[AtomicU32]>);

impl Buckets {
    fn registered() -> Arc<Self> {
        let empty = (0..BUCKETS).map(|_| AtomicU32::new(0)).collect();
        let own = Arc::new(Self(empty));
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::clone(&own));
        own
    }
}

/// Counts a call.
pub(crate) fn count(taken: Duration) {
    let nanos = u64::try_from(taken.as_nanos()).unwrap_or(u64::MAX);
    OWN.with(|own| {
        // No other thread writes: nothing is lost between the two.
        let bucket = &own.0[bucket(nanos)];
        bucket.store(bucket.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    });
}

fn bucket(nanos: u64) -> usize {
    let shift = (nanos | PARTS).ilog2() - PARTS.ilog2();
    let at = u64::from(shift) * PARTS + (nanos >> shift);
    usize::try_from(at).map_or(BUCKETS - 1, |at| at.min(BUCKETS - 1))
}

/// The middle of a bucket, in microseconds.
fn micros(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    let shift = (bucket / PARTS).saturating_sub(1);
    let low = (bucket - shift * PARTS) << shift;
    (low as f64 + (1_u64 << shift) as f64 / 2.0) / 1000.0
}

/// What all threads have counted.
pub(crate) struct Histogram(Vec<u64>);

impl Histogram {
    pub(crate) fn collected() -> Self {
        let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |own: &Buckets, at: usize| u64::from(own.0[at].load(Ordering::Relaxed));
        let sum = |at| all.iter().map(|own| of(own, at)).sum();
        Self((0..BUCKETS).map(sum).collect())
    }

    pub(crate) fn calls(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time, in microseconds, within which this share of all calls was done.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let wanted = ((self.calls() as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let reached = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        reached.map_or(0.0, micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_within_one_percent_of_what_it_counts() {
        for nanos in (0..40).flat_map(|bit| [1 << bit, (1 << bit) * 3 / 2 + 1]) {
            let (told, true_) = (micros(bucket(nanos)) * 1000.0, nanos as f64);
            assert!(
                (told - true_).abs() <= (true_ / 100.0).max(0.5),
                "{nanos}: {told}"
            );
        }
    }

    #[test]
    fn a_longer_time_never_comes_into_an_earlier_bucket() {
        let buckets: Vec<_> = (0..100_000).map(bucket).collect();
        assert!(buckets.is_sorted());
    }
}
