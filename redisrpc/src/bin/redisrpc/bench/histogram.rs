//! How long calls took, counted by length: constant space, and a hundredth off.

use std::time::Duration;

/// How many counters there are for each doubling, as a power of two.
const FINE: u32 = 6;

/// Times in microseconds, by their first [`FINE`] digits of two.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: Duration,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self {
            counts: vec![0; (65 - FINE as usize) << FINE],
            total: 0,
            longest: Duration::ZERO,
        }
    }

    pub(super) fn add(&mut self, time: Duration) {
        let place = place(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        self.counts[place] += 1;
        self.total += 1;
        self.longest = self.longest.max(time);
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    /// The time that this part of the calls did not exceed, of 1.
    pub(super) fn percentile(&self, part: f64) -> Duration {
        let wanted = (part * self.total as f64).ceil() as u64;
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return Duration::from_micros(most(place)).min(self.longest);
            }
        }
        self.longest
    }
}

/// The counter of so many microseconds.
fn place(micros: u64) -> usize {
    let doublings = (64 - micros.leading_zeros()).saturating_sub(FINE + 1);
    ((doublings as usize) << FINE) + (micros >> doublings) as usize
}

/// The most microseconds that a counter is for.
fn most(place: usize) -> u64 {
    let doublings = (place >> FINE).saturating_sub(1) as u32;
    let first = (place - ((doublings as usize) << FINE)) as u64;
    (first << doublings) + ((1 << doublings) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_has_a_counter_that_is_a_hundredth_off_at_most() {
        for micros in [0, 1, 63, 64, 127, 128, 129, 1_000, 1_234_567, u64::MAX >> 1] {
            let most = most(place(micros));
            assert!(most >= micros, "{micros}: {most}");
            assert!(
                (most - micros) as f64 <= micros as f64 / 60.0,
                "{micros}: {most}"
            );
        }
        let mut before = 0;
        for micros in 0..100_000 {
            assert!(
                place(micros) == before || place(micros) == before + 1,
                "{micros}"
            );
            before = place(micros);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_times() {
        let mut times = Histogram::new();
        assert_eq!(times.percentile(0.5), Duration::ZERO);
        (1..=1000).for_each(|millis| times.add(Duration::from_millis(millis)));
        for (part, millis) in [(0.5, 500), (0.9, 900), (0.99, 990), (1.0, 1000)] {
            let found = times.percentile(part).as_secs_f64() * 1000.0;
            assert!(
                (found / f64::from(millis) - 1.0).abs() < 0.02,
                "{part}: {found}"
            );
        }
        assert_eq!(times.longest(), Duration::from_secs(1));
    }
}
