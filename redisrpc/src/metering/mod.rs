//! What is counted and measured of calls, for whoever has installed a recorder of the
//! `metrics` facade. Without the feature `metrics` all of it is nothing.
//!
//! The names and what they mean are in one table, `names`; the guide's page on
//! observability has the same, and a test compares them.

#[cfg(feature = "metrics")]
mod names;
#[cfg(not(feature = "metrics"))]
mod nothing;
#[cfg(feature = "metrics")]
mod recorded;

#[cfg(not(feature = "metrics"))]
pub(crate) use self::nothing::*;
#[cfg(feature = "metrics")]
pub(crate) use self::recorded::*;

/// Why a server did not run a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unrun {
    Malformed,
    ForeignList,
    TooLarge,
    Expired,
    GivenUp,
    Overstayed,
    Stopped,
}

/// What became of a request whose server died.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Again,
    Interrupted,
    DeadLetter,
}
