//! How long things took, as counts.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// Counts of durations, from a microsecond to an hour, told apart to within an
/// eighth.
///
/// As JSON it is an object: the number of each step that was counted, and how often.
///
/// ```
/// use std::time::Duration;
/// use redisrpc::discovery::Histogram;
///
/// let mut latency = Histogram::default();
/// for millis in 1..=100 {
///     latency.add(Duration::from_millis(millis));
/// }
/// let p99 = latency.percentile(0.99).expect("a hundred were counted");
/// assert!((85..=115).contains(&p99.as_millis()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram {
    counts: BTreeMap<u8, u64>,
}

/// Steps from one power of two to the next.
const STEPS: u64 = 4;

/// Everything shorter is in the first step: 2¹⁰ ns.
const SHORTEST: u32 = 10;

impl Histogram {
    /// How many steps there are.
    pub(crate) const LENGTH: usize = 128;

    /// The step that a duration falls into.
    pub(crate) fn step(duration: Duration) -> u8 {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let octave = nanos.max(1 << SHORTEST).ilog2();
        let within = (nanos.max(1 << SHORTEST) - (1 << octave)) / (1 << (octave - 2));
        let step = u64::from(octave - SHORTEST) * STEPS + within;
        u8::try_from(step.min(Self::LENGTH as u64 - 1)).unwrap_or(u8::MAX)
    }

    /// The middle of a step.
    fn middle(step: u8) -> Duration {
        let octave = u32::from(step) / STEPS as u32 + SHORTEST;
        let within = u64::from(step) % STEPS;
        let low = (1_u64 << octave.min(62)) + (within << (octave.min(62) - 2));
        Duration::from_nanos(low + (1 << (octave.min(62) - 3)))
    }

    /// Of how often each step was counted, in order.
    pub(crate) fn of(counts: impl IntoIterator<Item = u64>) -> Self {
        let counts = (0..).zip(counts).filter(|(_, count)| *count > 0);
        Self {
            counts: counts.collect(),
        }
    }

    /// Counts one more.
    pub fn add(&mut self, duration: Duration) {
        *self.counts.entry(Self::step(duration)).or_default() += 1;
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The duration that this part of all did not exceed; `None` if none was
    /// counted. `0.5` is the median; what is not between 0 and 1 is taken as the
    /// nearer of the two.
    #[must_use]
    pub fn percentile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        let rank = (part.clamp(0.0, 1.0) * count as f64).ceil().max(1.0);
        let mut so_far = 0;
        for (step, count) in &self.counts {
            so_far += count;
            if so_far as f64 >= rank {
                return Some(Self::middle(*step));
            }
        }
        None
    }

    /// What was counted since it was like `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let more = |(step, count): (&u8, &u64)| {
            let before = earlier.counts.get(step).copied().unwrap_or_default();
            let more = count.saturating_sub(before);
            (more > 0).then_some((*step, more))
        };
        Self {
            counts: self.counts.iter().filter_map(more).collect(),
        }
    }

    /// Counts all that `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        for (step, count) in &other.counts {
            *self.counts.entry(*step).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_told_to_within_an_eighth() {
        for exponent in 0..400 {
            let duration = Duration::from_secs_f64(1.2e-6 * 1.05_f64.powi(exponent));
            let told = Histogram::middle(Histogram::step(duration)).as_secs_f64();
            let off = (told / duration.as_secs_f64() - 1.0).abs();
            assert!(off <= 0.125, "{duration:?} is told as {told} s");
        }
    }

    #[test]
    fn the_shortest_and_the_longest_have_a_step() {
        assert_eq!(Histogram::step(Duration::ZERO), 0);
        assert_eq!(Histogram::step(Duration::MAX), 127);
        assert!(Histogram::middle(127) > Duration::from_secs(3600));
        assert!(
            Histogram::middle(u8::MAX) > Duration::from_secs(3600),
            "read from JSON"
        );
    }

    #[test]
    fn percentiles_of_what_was_counted_since() {
        let millis = Duration::from_millis;
        let mut all = Histogram::default();
        assert_eq!(all.percentile(0.5), None);
        (0..90).for_each(|_| all.add(millis(1)));
        let earlier = all.clone();
        (0..10).for_each(|_| all.add(millis(100)));
        assert_eq!(all.count(), 100);
        assert!(all.percentile(0.9).unwrap() < millis(2));
        assert!(all.percentile(0.91).unwrap() > millis(80));
        let since = all.since(&earlier);
        assert_eq!(since.count(), 10);
        assert_eq!(since.percentile(0.0), all.percentile(1.0));
        let mut again = earlier;
        again.merge(&since);
        assert_eq!(again, all);
        let json = serde_json::to_string(&since).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap(), since);
    }
}
