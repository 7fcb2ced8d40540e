//! Bounds on what a client has others do for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::Client;

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

impl Client {
    /// Most requests that may wait in the queue, the call's own included. Default:
    /// any number; 0 is taken as 1.
    ///
    /// A call that makes the queue longer is taken back out of it and ends at once
    /// with [`Error::Overloaded`](crate::Error::Overloaded): it did not run. If a server took it meanwhile, it
    /// goes on. The bound is this client's; others may make the queue longer.
    ///
    /// ```
    /// # async fn example(broker: redisrpc::Broker) -> Result<(), redisrpc::Error> {
    /// let calc = redisrpc::Client::new(&broker, "calc").max_queue_length(1_000);
    /// match calc.call("add").arg(1).arg(2).await {
    ///     Err(error) if error.is_overloaded() => println!("later: {error}"),
    ///     other => println!("{}", other?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_queue_length(mut self, requests: usize) -> Self {
        self.bounds = Some(Bounds::of(self.bounds.as_deref()).queued(requests));
        self
    }

    /// Most calls in flight at a time by this client and what is cloned from it.
    /// Default: any number; 0 is taken as 1.
    ///
    /// A call more ends at once with [`Error::Overloaded`](crate::Error::Overloaded), nothing having been
    /// sent. A call that waits to be made again is not in flight.
    ///
    /// ```
    /// # async fn example(broker: redisrpc::Broker) -> Result<(), redisrpc::Error> {
    /// let calc = redisrpc::Client::new(&broker, "calc").max_in_flight(1);
    /// let (one, two) = tokio::join!(calc.call("val"), calc.call("val"));
    /// assert!(two.is_err_and(|error| error.is_overloaded()));
    /// # one.map(drop)
    /// # }
    /// ```
    #[must_use]
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.bounds = Some(Bounds::of(self.bounds.as_deref()).in_flight(calls));
        self
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
