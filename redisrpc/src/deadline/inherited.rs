//! The deadline of the call that is being served, for the calls that are made for it.
//!
//! Held by the thread while it polls a method's future: a task of its own that the
//! method spawns has none.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

thread_local! {
    static CURRENT: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The deadline of the call that this thread serves just now, if it has one.
pub(crate) fn current() -> Option<Instant> {
    CURRENT.get()
}

/// How long what is done for that call may still take.
pub(crate) fn left() -> Option<Duration> {
    let deadline = current()?;
    Some(deadline.saturating_duration_since(Instant::now()))
}

/// Works for a call with this deadline.
pub(crate) fn during<T>(deadline: Option<Instant>, work: impl FnOnce() -> T) -> T {
    let _before = Before(CURRENT.replace(deadline));
    work()
}

/// What it was before; so again when this is dropped, by a panic too.
struct Before(Option<Instant>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_deadline_is_that_of_the_work_and_of_nothing_after_it() {
        let soon = Some(Instant::now() + Duration::from_secs(60));
        during(soon, || {
            assert_eq!(current(), soon);
            during(None, || assert_eq!((current(), left()), (None, None)));
            assert!(left() > Some(Duration::ZERO));
        });
        assert_eq!(current(), None);
        let panics = || during(soon, || panic!("as a method may"));
        assert!(catch_unwind(panics).is_err());
        assert_eq!(current(), None);
    }
}
