//! The messages, as bytes.
//!
//! Two JSON objects travel: a request, RPUSHed to the service's queue, and a
//! reply, RPUSHed to a list the caller named. Both are those of RedisRPC 0.3
//! ("Internal Message Formats" in its README), with members added that old peers
//! do not look at. Writing is exact; reading takes everything the old Python,
//! Ruby and PHP peers were seen to send. Nothing here does I/O.

mod raw;
mod unreadable;

pub(crate) mod absent;
#[cfg(feature = "msgpack")]
pub(crate) mod msgpack;
pub(crate) mod names;
pub(crate) mod origin;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod stream;
pub(crate) mod value;

pub(crate) use raw::Json;
pub use raw::Text;

#[cfg(test)]
mod tests;
