//! What all contenders are measured with: one closed loop, one clock, one
//! histogram. A contender says how to serve and how to call, and nothing else.
//!
//! ```text
//! contender server URL [--runtime ct|mt2] …     says `ready`, serves until killed
//! contender client URL [--in-flight N] …        says `ready`, waits for a line
//!                                               `go PID…`, prints one JSON line
//! contender pending URL [--in-flight N] …       the same, but calls only once a task
//! ```
//!
//! What measuring costs a call: one reading of the clock (some 25 ns) and one
//! count in a histogram of its thread's own.

mod cpu;
mod histogram;
mod options;
mod rounds;

use std::future::Future;

pub use options::{Options, Role};
pub use rounds::{measure, measure_blocking, wait};

/// Name of the queue, subject or service.
pub const SERVICE: &str = "calc";

/// What every server's `add` answers: not what it was given, and nothing that
/// another call could change.
#[must_use]
pub fn sum(number: f64) -> f64 {
    number + 1.0
}

/// A contender's client. A call that fails panics.
pub trait Caller: Clone + Send + Sync + 'static {
    /// Calls the method with a small payload.
    fn add(&self, number: f64) -> impl Future<Output = f64> + Send;

    /// Calls the method that gives back what it is given.
    fn echo(&self, text: &str) -> impl Future<Output = String> + Send;

    /// Calls the method that streams so many numbers: 0.0, 1.0, and so on. All are looked
    /// at.
    fn numbers(&self, count: u32) -> impl Future<Output = ()> + Send {
        async move { panic!("{count} numbers: this one streams nothing") }
    }

    /// Calls the method that streams the text that it is given so many times.
    fn texts(&self, text: &str, count: u32) -> impl Future<Output = ()> + Send {
        let _ = text;
        self.numbers(count)
    }
}

/// A contender's client that blocks its thread. A call that fails panics.
pub trait BlockingCaller: Clone + Send + 'static {
    /// As [`Caller::add`].
    fn add(&self, number: f64) -> f64;

    /// As [`Caller::echo`].
    fn echo(&self, text: &str) -> String;
}

/// Runs a contender, server or client, as its options say.
pub fn run<C: Caller>(
    options: Options,
    serve: impl AsyncFnOnce(Options),
    connect: impl AsyncFnOnce(Options) -> C,
) {
    match options.role {
        Role::Server => options.runtime().block_on(serve(options)),
        Role::Client => measure(options, connect),
        Role::Pending => wait(options, connect),
    }
}

/// Tells who started this process that it serves or has connected.
pub fn ready() {
    println!("ready");
}
