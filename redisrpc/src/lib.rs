//! Typed RPC over Redis lists.

// Floor 0, ground: plain data.
mod deadline;
pub mod descriptor;
mod error;

// Floor 1, format: messages as bytes.
mod arguments;
mod wire;

// Floor 2, contract: what generated code and servers agree on.
mod service;

// Floor 3, transport: lists that outlive processes.
mod transport;

// Floor 4, the handle on a transport that endpoints share.
mod broker;

// Floor 5, endpoints. Neither knows the other.
mod client;
mod server;

// Floor 6, facade.
#[doc(hidden)]
pub mod __private;

pub use redisrpc_macros::{rpc, service};

pub use broker::Broker;
pub use client::{Call, CallFuture, Client, DynamicCall, OnewayCall};
pub use error::{
    CallError, DecodeError, EncodeError, Error, Fault, FaultCode, Started, Timeout, TransportError,
};
pub use server::{Server, ServerHandle, terminated};
pub use service::{Service, ServiceError};
