//! Calls from programs without a runtime: the thread waits instead of a task.

use std::{
    convert::Infallible,
    future::{Future, IntoFuture},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

use super::call::{Call, OnewayCall};
use super::{dynamic::DynamicCall, stream::StreamCall};
use crate::error::{CallError, Error, TransportError};

/// How much longer than its timeout a call may take to end. The broker's tasks
/// settle every call by then, if they run at all.
const SETTLED: Duration = Duration::from_secs(2);

impl<T, E> Call<T, E> {
    /// Makes the call and blocks this thread until it is answered.
    ///
    /// For threads of programs without a runtime, or of `spawn_blocking`: on a
    /// task of the very runtime that drives the broker it would wait for itself,
    /// and says so when the call's time is up.
    ///
    /// # Errors
    ///
    /// As awaiting the call does.
    pub fn wait(self) -> Result<T, CallError<E>> {
        let timeout = self.request.timeout;
        block_on(self.into_future(), timeout).unwrap_or_else(|stuck| Err(stuck.into()))
    }
}

impl<T: DeserializeOwned> DynamicCall<T> {
    /// Makes the call and blocks this thread until it is answered; see
    /// [`Call::wait`].
    ///
    /// # Errors
    ///
    /// As awaiting the call does.
    pub fn wait(self) -> Result<T, Error> {
        let timeout = self.request.timeout;
        block_on(self.into_future(), timeout)?
    }
}

impl<T, E> StreamCall<T, E> {
    /// The same stream for a thread that blocks until each item is there; see
    /// [`Call::wait`].
    pub fn wait(self) -> BlockingStream<T, E> {
        BlockingStream(self)
    }
}

/// A [`StreamCall`] whose items are waited for: an iterator.
#[must_use = "a call is not made until its stream is asked for an item"]
#[derive(Debug)]
pub struct BlockingStream<T, E = Infallible>(StreamCall<T, E>);

impl<T: DeserializeOwned, E> Iterator for BlockingStream<T, E> {
    type Item = Result<T, CallError<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        let longest = self.0.longest_wait();
        let item = block_on(self.0.next(), longest);
        item.unwrap_or_else(|stuck| Some(Err(stuck.into())))
    }
}

impl OnewayCall {
    /// Makes the call and blocks this thread until Redis has it; see
    /// [`Call::wait`].
    ///
    /// # Errors
    ///
    /// As awaiting the call does.
    pub fn wait(self) -> Result<(), Error> {
        let timeout = self.request.timeout;
        block_on(self.into_future(), timeout)?
    }
}

/// Wakes a thread that waits for a call.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F, timeout: Duration) -> Result<F::Output, Error> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let began = Instant::now();
    let stuck = timeout.saturating_add(SETTLED);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Ok(output);
        }
        let Some(left) = stuck.checked_sub(began.elapsed()) else {
            return Err(Error::Transport(TransportError::unknown(
                "wait for a call on the runtime that drives its broker; `.await` the call there",
                "the call's time is up and nothing has ended it",
            )));
        };
        thread::park_timeout(left);
    }
}
