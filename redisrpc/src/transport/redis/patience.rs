//! How long an answer is waited for.
//!
//! A server that is paused or busy answers later, so there is patience with it. One
//! that died without a word, or whose network did, never will; where others know who
//! has taken its place, they are asked, and it is waited for no longer.

use std::{fmt, io, sync::Arc, time::Duration};

use tokio::time::{self, Instant, Interval, MissedTickBehavior};

/// How long a command that does not block may take before the connection is
/// given up. Longer than pauses an operator makes (`CLIENT PAUSE`, a failover).
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How often it is seen to that an answer has not been waited for too long.
const LOOK: Duration = Duration::from_secs(1);

/// Those who know whether a server has been replaced.
pub(super) trait Succession: Send + Sync {
    /// The server keeps silent: whether another has taken its place, as far as is
    /// known. Who may know more is asked, for the next time.
    fn is_over(&self) -> bool;
}

/// Why an answer is not waited for any longer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Silence {
    /// It was waited for so long.
    #[error("no answer within {} s", .0.as_secs())]
    For(Duration),
    /// Another server has taken the place of the one that was asked.
    #[error("no answer, and another server has taken its place")]
    Replaced,
}

impl From<Silence> for io::Error {
    fn from(silence: Silence) -> Self {
        Self::new(io::ErrorKind::TimedOut, silence)
    }
}

/// How long to wait for something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long it may take if all is well.
    pub(super) usual: Duration,
    /// How long it may take at all.
    pub(super) most: Duration,
}

impl Limits {
    /// For what is to be answered at once.
    pub(super) const ANSWER: Self = Self::at_once(ANSWER);

    pub(super) const fn at_once(most: Duration) -> Self {
        Self {
            usual: Duration::ZERO,
            most,
        }
    }
}

/// Ends waits that take too long, within a second of their limit.
///
/// Not with a timer each: setting one wakes the runtime, which is a system call
/// or two for every push and pop.
#[derive(Default)]
pub(super) struct Watch {
    looks: Option<Interval>,
    succession: Option<Arc<dyn Succession>>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// Over waits for a server that others may know to be replaced.
    pub(super) fn over(succession: Option<Arc<dyn Succession>>) -> Self {
        Self {
            looks: None,
            succession,
        }
    }

    /// What comes of the operation.
    ///
    /// # Errors
    ///
    /// When it takes too long.
    pub(super) async fn within<T>(
        &mut self,
        limits: Limits,
        operation: impl Future<Output = T>,
    ) -> Result<T, Silence> {
        let began = Instant::now();
        let looks = self.looks.get_or_insert_with(|| {
            let mut looks = time::interval_at(Instant::now() + LOOK, LOOK);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        });
        tokio::pin!(operation);
        loop {
            tokio::select! {
                biased;
                done = &mut operation => return Ok(done),
                _ = looks.tick() => {}
            }
            let waited = began.elapsed();
            if waited >= limits.most {
                return Err(Silence::For(limits.most));
            }
            let is_doubtful = waited >= limits.usual + LOOK;
            if is_doubtful && self.succession.as_ref().is_some_and(|it| it.is_over()) {
                return Err(Silence::Replaced);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Knows of a successor when it has been asked so often.
    struct After(usize, AtomicUsize);

    impl Succession for After {
        fn is_over(&self) -> bool {
            self.1.fetch_add(1, Ordering::SeqCst) >= self.0
        }
    }

    fn after(asked: usize) -> Arc<After> {
        Arc::new(After(asked, AtomicUsize::new(0)))
    }

    const WAIT: Duration = Duration::from_secs(3);

    #[tokio::test(start_paused = true)]
    async fn what_nobody_succeeds_is_waited_for_until_the_limit() {
        let began = Instant::now();
        let mut watch = Watch::default();
        let silence = watch.within(Limits::ANSWER, pending::<()>()).await;
        assert!(matches!(silence, Err(Silence::For(ANSWER))));
        assert_eq!(began.elapsed().as_secs(), ANSWER.as_secs());
        let never = after(usize::MAX);
        let mut watch = Watch::over(Some(Arc::clone(&never) as _));
        let silence = watch.within(Limits::ANSWER, pending::<()>()).await;
        assert!(matches!(silence, Err(Silence::For(ANSWER))));
        // Each second, but the last.
        assert_eq!(never.1.load(Ordering::SeqCst), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_replaced_is_given_up_once_that_is_known() {
        let began = Instant::now();
        let mut watch = Watch::over(Some(after(3)));
        let silence = watch.within(Limits::ANSWER, pending::<()>()).await;
        assert!(matches!(silence, Err(Silence::Replaced)));
        assert_eq!(began.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_before_an_answer_is_late() {
        let succession = after(0);
        let mut watch = Watch::over(Some(Arc::clone(&succession) as _));
        for _ in 0..3 {
            let limits = Limits {
                usual: WAIT,
                most: 2 * WAIT,
            };
            let answer = watch.within(limits, time::sleep(WAIT)).await;
            assert!(answer.is_ok());
        }
        assert_eq!(succession.1.load(Ordering::SeqCst), 0);
    }
}
