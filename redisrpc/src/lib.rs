//! Typed RPC over Redis lists.

pub mod descriptor;
mod deadline;
mod error;

mod arguments;
mod wire;
