//! The test suite: one binary, so that it is linked once.

mod fixture;

mod blocking;
mod calls;
mod concurrency;
mod faults;
mod layers;
mod polling;
mod shutdown;
