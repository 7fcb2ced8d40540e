//! Deadlines and the clock they are told by.
//!
//! A deadline on the wire is a point in Redis' time, in milliseconds, so that
//! peers whose own clocks differ by hours agree on it. Each process learns its
//! distance to Redis' clock with `TIME`; in between it counts with its own
//! monotonic clock.

pub(crate) mod inherited;

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A point in Redis' time: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RedisTime(pub(crate) u64);

impl RedisTime {
    /// The time that is told in seconds and, of the last one, microseconds.
    pub(crate) fn of(seconds: u64, micros: u64) -> Self {
        Self(seconds * 1000 + micros / 1000)
    }

    /// How much later it is than `earlier`; nothing if it is not.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This much later.
    pub(crate) fn after(self, wait: Duration) -> Self {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// Redis' clock as this process knows it. Read by every call that carries a
/// deadline and by every server that checks one; set by the transport.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Where the monotonic count starts.
    started: Instant,
    /// Redis' milliseconds at `started`, as last learned.
    redis_at_start: AtomicI64,
    /// When that was, in milliseconds from `started`; `NEVER` before the first time.
    learned: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock that believes the system's time until it learns Redis'.
    pub(crate) fn new() -> Self {
        let system = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: Instant::now(),
            redis_at_start: AtomicI64::new(system.map_or(0, millis)),
            learned: AtomicU64::new(NEVER),
        }
    }

    /// Redis' time now.
    pub(crate) fn now(&self) -> RedisTime {
        self.at(Instant::now())
    }

    /// Redis' time at this moment.
    pub(crate) fn at(&self, moment: Instant) -> RedisTime {
        let elapsed = moment.saturating_duration_since(self.started);
        let now = self.redis_at_start.load(Ordering::Relaxed) + millis(elapsed);
        RedisTime(u64::try_from(now).unwrap_or(0))
    }

    /// The moment at which it is this time by Redis, as far as that is known; `None`
    /// if that is beyond all that can be told.
    pub(crate) fn moment(&self, time: RedisTime) -> Option<Instant> {
        let at_start = self.redis_at_start.load(Ordering::Relaxed);
        let elapsed = i64::try_from(time.0).ok()?.saturating_sub(at_start);
        // What was before this process began is long past.
        let elapsed = Duration::from_millis(u64::try_from(elapsed).unwrap_or(0));
        self.started.checked_add(elapsed)
    }

    /// Takes over what `TIME` answered to a question asked at `asked`.
    ///
    /// The answer is taken to be from the middle of the round trip.
    pub(crate) fn learn(&self, redis: RedisTime, asked: Instant) {
        let middle = asked.duration_since(self.started) + asked.elapsed() / 2;
        let at_start = i64::try_from(redis.0).unwrap_or(i64::MAX) - millis(middle);
        self.redis_at_start.store(at_start, Ordering::Relaxed);
        let now = u64::try_from(millis(self.started.elapsed())).unwrap_or(0);
        self.learned.store(now, Ordering::Relaxed);
    }

    /// Makes what was learned be from long ago.
    #[cfg(test)]
    pub(crate) fn grow_old(&self) {
        self.learned.store(NEVER, Ordering::Relaxed);
    }

    /// Whether Redis was asked less than `trusted` ago.
    pub(crate) fn is_fresh(&self, trusted: Duration) -> bool {
        match self.learned.load(Ordering::Relaxed) {
            NEVER => false,
            learned => {
                self.started
                    .elapsed()
                    .saturating_sub(Duration::from_millis(learned))
                    < trusted
            }
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_follows_redis_even_when_it_is_hours_away() {
        let clock = Clock::new();
        assert!(!clock.is_fresh(Duration::MAX));
        let hours_ahead = clock.now().after(Duration::from_secs(7 * 3600));
        clock.learn(hours_ahead, Instant::now());
        assert!(clock.is_fresh(Duration::from_secs(60)));
        assert!(clock.now() >= RedisTime(hours_ahead.0 - 1));
        assert!(clock.now() < hours_ahead.after(Duration::from_secs(60)));
    }

    #[test]
    fn a_time_is_a_moment_of_the_same_time() {
        let clock = Clock::new();
        clock.learn(RedisTime(1_000_000), Instant::now());
        for time in [1_000_000, 1_000_001, 4_600_000].map(RedisTime) {
            assert_eq!(clock.moment(time).map(|it| clock.at(it)), Some(time));
        }
        assert!(clock.moment(RedisTime(0)) <= Some(Instant::now()), "past");
        assert_eq!(clock.moment(RedisTime(u64::MAX)), None);
    }
}
