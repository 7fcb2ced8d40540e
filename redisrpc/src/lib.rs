//! Typed RPC over Redis lists: annotate a trait or an impl block, call typed
//! stubs, and let the compiler check both sides.
//!
//! ```
//! use redisrpc::{Broker, Server};
//!
//! #[redisrpc::service]
//! pub trait Calculator {
//!     /// Adds two numbers.
//!     async fn add(&self, a: f64, b: f64) -> f64;
//! }
//!
//! struct Plain;
//!
//! impl Calculator for Plain {
//!     async fn add(&self, a: f64, b: f64) -> f64 {
//!         a + b
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), redisrpc::Error> {
//! // "redis://127.0.0.1/" in earnest; this one is inside the process.
//! let redis = Broker::connect("memory://crate-example").await?;
//! tokio::spawn(Server::new(&redis, "calc", CalculatorService::new(Plain)).run());
//!
//! let calculator = CalculatorClient::new(&redis, "calc");
//! assert_eq!(calculator.add(2.0, 3.0).await?, 5.0);
//! # Ok(())
//! # }
//! ```
//!
//! * [`service`](macro@service) is the attribute: what it accepts and generates.
//! * [`Broker`] is the connection to Redis; [`Server`] serves an object on a
//!   queue; the generated `…Client` and the untyped [`Client`] call it.
//! * A stub method returns a [`Call`], which is made when it is awaited; that of a method
//!   that streams, a [`StreamCall`].
//! * [`Blob`] is a byte string, which travels as base64 and not as a list of numbers.
//! * [`CallError`] and [`Error`] say what went wrong, and whether the method
//!   [may have run](CallError::may_have_run).
//! * [`contract`](mod@contract) is what callers rely on, as a file that the compiler
//!   holds a service to, or [makes a client of](macro@contract); [`discovery`] tells who
//!   serves what.
//!
//! # The guide
//!
//! | page | about |
//! |---|---|
//! | [first service](guide::first_service) | from `cargo new` to two processes that talk |
//! | [arguments](guide::arguments) | by position, by name, by default; changing them later |
//! | [errors](guide::errors) | what a call can end with, and what to do about it |
//! | [deadlines](guide::deadlines) | how long calls take, calling again, too much to do |
//! | [streaming](guide::streaming) | methods that return many things, one after the other |
//! | [payloads](guide::payloads) | byte strings, long lists, and MessagePack |
//! | [middleware](guide::middleware) | layers of `tower` on both sides: who calls, limits, and your own |
//! | [testing](guide::testing) | without Redis, with mocks |
//! | [other languages](guide::other_languages) | Python, Ruby and PHP, in both directions |
//! | [discovery](guide::discovery) | who serves what, how it fares, whether it fits |
//! | [production](guide::production) | a checklist |
//! | [observability](guide::observability) | spans, metrics and messages, for your own tools |
//! | [delivery](guide::delivery) | what becomes of calls when something breaks |
//! | [security](guide::security) | whom you trust, and how to let them do less |
//! | [performance](guide::performance) | what makes calls fast, and what they cost |
//! | [the command](guide::cli) | services called, watched and examined from a terminal |
//! | [the wire](guide::wire) | the messages, and what differs from the old RedisRPC |
//!
//! # How a call travels
//!
#![doc = include_str!("guide/call.svg")]
//!
//! The wire format is that of the RedisRPC of 2012, to the byte: its Python, Ruby
//! and PHP clients and servers work with this crate in both directions.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | adds |
//! |---|---|
//! | `blocking` | `Broker::connect_blocking`, `Call::wait`, `Server::run_blocking` and generated `…BlockingClient`s, for programs without a runtime |
//! | `metrics` | [counters, gauges and histograms](guide::observability#metrics) of both sides |
//! | `mock` | generated `…Mock`s, for tests of code that calls |
//! | `msgpack` | large arguments and replies in [MessagePack](guide::payloads), where both peers have this |
//! | `opentelemetry` | [one trace](guide::observability#opentelemetry) for a call and the method that it runs |
//! | `tower` | `Client::layer` and `Server::layer`: middleware |
//! | `tls` | addresses that begin with `rediss://`, and certificates |
//! | `cli` | the command `redisrpc`, and nothing in the library |

// One call, read in one direction:
//
//  1. your trait, and what the macro makes of it: `service.rs`, by example
//  2. `client/stub.rs`     the stub's call: encoded, and entered in the table when
//     `client/call.rs`     it is awaited (`client/outgoing.rs`)
//  3. `wire/request.rs`    its shape on the queue
//  4. `client/pending.rs`  the table where its waiting end is kept
//  5. `client/outbox.rs`   what is waiting leaves in one write
//  6. `transport/mod.rs`   push, pop (then `transport/redis/`, to see Redis)
//  7. `server/intake.rs`   a permit first, then a request
//  8. `server/dispatch.rs` read, checked, run: your code
//  9. `arguments.rs`       how its arguments found their places
// 10. `wire/reply.rs`      the shape of the answer
// 11. `server/respond.rs`  the answer leaves
// 12. `client/replies.rs`  taken and matched; from an old server: `own_queues.rs`
//
// The await of step 2 returns; `client/answer.rs` decodes the value.
// `client/expiry.rs` is what happens when no answer comes.
//
// A module imports only from floors below its own; `tests/layers.rs` holds it to that.

// Floor 0, ground: plain data.
pub mod blob;
mod cancellation;
mod credit;
mod deadline;
pub mod descriptor;
mod error;
#[cfg(feature = "tower")]
mod extensions;
#[cfg(feature = "tower")]
mod layering;
mod messages;
mod metadata;
mod metering;
mod quota;
mod span;

// Floor 1, format: messages as bytes.
mod arguments;
mod wire;

// Floor 2, contract: what generated code and servers agree on.
mod context;
#[cfg(feature = "opentelemetry")]
mod linking;
mod service;

// Floor 3, transport: lists that outlive processes.
mod transport;

// Floor 4, the handle on a transport that endpoints share, and who serves there.
mod broker;
pub mod discovery;

// Floor 5, endpoints. Neither knows the other.
mod client;
mod server;

// Floor 6, facade.
#[doc(hidden)]
pub mod __private;
pub mod guide;
#[cfg(feature = "tower")]
pub mod middleware;
#[cfg(feature = "mock")]
pub mod mock;

#[doc(inline)]
pub use redisrpc_contract as contract;
pub use redisrpc_macros::{contract, rpc, service};

#[doc(inline)]
pub use blob::Blob;
pub use broker::{Broker, BrokerBuilder};
#[cfg(feature = "blocking")]
pub use client::BlockingStream;
pub use client::{
    Call, CallFuture, Client, DynamicCall, DynamicFuture, OnewayCall, OnewayFuture, Retry,
    StreamCall,
};
pub use context::Context;
pub use error::{
    CallError, DecodeError, EncodeError, Error, Fault, FaultCode, Mismatch, Overloaded, Started,
    Timeout, TransportError, Unserved,
};
#[doc(no_inline)]
pub use futures_util::Stream;
pub use metadata::Metadata;
pub use server::{Delivery, Server, ServerHandle, SteppedServer, terminated};
pub use service::{Service, ServiceError};

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
