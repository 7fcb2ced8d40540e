//! Too much to do, by the client's own bounds.

use std::fmt;

/// A bound of the client's own was reached: the call was not made, or its request
/// was taken back out of the queue before any server had it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Overloaded {
    pub(crate) method: String,
    pub(crate) queue: String,
    pub(crate) bound: Bound,
    pub(crate) most: usize,
    pub(crate) found: usize,
}

/// What is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    QueueLength,
    InFlight,
}

impl Overloaded {
    /// How many the bound allows: requests in the queue, or calls in flight.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many there would have been with this call.
    #[must_use]
    pub fn found(&self) -> usize {
        self.found
    }
}

impl fmt::Display for Overloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            queue,
            most,
            found,
            ..
        } = self;
        let over = found.saturating_sub(*most);
        match self.bound {
            Bound::QueueLength => write!(
                f,
                "`{method}` was not called: {found} requests would wait in queue `{queue}`, {over} \
                 more than `max_queue_length` allows; call again later, or let more servers serve it"
            ),
            Bound::InFlight => write!(
                f,
                "`{method}` was not called: {found} calls would be in flight to queue `{queue}`, \
                 {over} more than `max_in_flight` allows; await some of them first"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_was_exceeded_by_how_much_and_what_to_do() {
        let overloaded = |bound| Overloaded {
            method: "add".to_owned(),
            queue: "calc".to_owned(),
            bound,
            most: 100,
            found: 131,
        };
        assert_eq!(
            overloaded(Bound::QueueLength).to_string(),
            "`add` was not called: 131 requests would wait in queue `calc`, 31 more than \
             `max_queue_length` allows; call again later, or let more servers serve it"
        );
        assert_eq!(
            overloaded(Bound::InFlight).to_string(),
            "`add` was not called: 131 calls would be in flight to queue `calc`, 31 more than \
             `max_in_flight` allows; await some of them first"
        );
    }
}
