//! How often a log line may be written that a stranger can cause.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lines let through in a second.
const MOST: u32 = 10;

/// Lets a few lines a second through, and counts those it does not.
///
/// One for each kind of line, in a `static`: what matters is how much a whole process
/// writes.
#[derive(Debug)]
pub(crate) struct Quota {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When this second began; `None` before the first line.
    began: Option<Instant>,
    /// Lines let through in it.
    lines: u32,
    /// Lines left out since the last that was let through.
    left_out: u64,
}

/// That a line may be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How many like it were left out before it, if any were: to be told with it.
    pub(crate) left_out: Option<u64>,
}

impl Quota {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                began: None,
                lines: 0,
                left_out: 0,
            }),
        }
    }

    /// Whether a line may be written now.
    pub(crate) fn line(&self) -> Option<Line> {
        self.line_at(Instant::now())
    }

    fn line_at(&self, now: Instant) -> Option<Line> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let began = *state.began.get_or_insert(now);
        if now.saturating_duration_since(began) >= Duration::from_secs(1) {
            (state.began, state.lines) = (Some(now), 0);
        }
        if state.lines == MOST {
            state.left_out += 1;
            return None;
        }
        state.lines += 1;
        let left_out = std::mem::take(&mut state.left_out);
        Some(Line {
            left_out: (left_out > 0).then_some(left_out),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_a_second_are_written_and_the_others_counted() {
        let (quota, start) = (Quota::new(), Instant::now());
        let lines = |at: Duration, many| {
            let lines = (0..many).filter_map(|_| quota.line_at(start + at));
            lines.map(|line| line.left_out).collect::<Vec<_>>()
        };
        assert_eq!(lines(Duration::ZERO, 25), [None; 10]);
        assert_eq!(lines(Duration::from_millis(999), 1000), []);
        let next = lines(Duration::from_secs(1), 25);
        assert_eq!((next.len(), next[0], next[1]), (10, Some(1015), None));
        let later = lines(Duration::from_secs(60), 1);
        assert_eq!(later, [Some(15)]);
        assert_eq!(lines(Duration::from_secs(120), 2), [None; 2]);
    }
}
