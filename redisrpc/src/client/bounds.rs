//! Bounds on what a client has others do for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The bounds of a client and its clones.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Most requests in the queue.
    pub(super) most_queued: u32,
    most_in_flight: usize,
    in_flight: AtomicUsize,
}

impl Bounds {
    /// The same bounds as these, with nothing in flight.
    pub(super) fn of(bounds: Option<&Self>) -> Self {
        Self {
            most_queued: bounds.map_or(u32::MAX, |it| it.most_queued),
            most_in_flight: bounds.map_or(usize::MAX, |it| it.most_in_flight),
            in_flight: AtomicUsize::new(0),
        }
    }

    pub(super) fn queued(self, most: usize) -> Arc<Self> {
        Arc::new(Self {
            most_queued: u32::try_from(most).unwrap_or(u32::MAX).max(1),
            ..self
        })
    }

    pub(super) fn in_flight(self, most: usize) -> Arc<Self> {
        Arc::new(Self {
            most_in_flight: most.max(1),
            ..self
        })
    }

    /// One call more in flight, until the permit is dropped.
    ///
    /// # Errors
    ///
    /// The most there may be, if there are as many.
    pub(super) fn permit(self: &Arc<Self>) -> Result<Permit, usize> {
        let most = self.most_in_flight;
        let one_more = |count| (count < most).then_some(count + 1);
        let counted = self
            .in_flight
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        match counted {
            Ok(_) => Ok(Permit(Arc::clone(self))),
            Err(_) => Err(most),
        }
    }
}

/// That a call is in flight.
#[derive(Debug)]
pub(super) struct Permit(Arc<Bounds>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_given_back_when_it_is_dropped() {
        let bounds = Bounds::of(None).in_flight(2);
        let one = bounds.permit().unwrap();
        let two = bounds.permit().unwrap();
        assert_eq!(bounds.permit().unwrap_err(), 2);
        drop(one);
        let three = bounds.permit().unwrap();
        assert_eq!(bounds.permit().unwrap_err(), 2);
        drop((two, three));
        assert_eq!(bounds.in_flight.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_bound_of_nothing_lets_one_through() {
        assert!(Bounds::of(None).in_flight(0).permit().is_ok());
        assert_eq!(Bounds::of(None).queued(0).most_queued, 1);
        assert_eq!(Bounds::of(None).queued(usize::MAX).most_queued, u32::MAX);
    }
}
