//! What to know beyond the reference: documentation, and no code.
//!
//! To begin with:
//!
//! * [`first_service`]: from `cargo new` to two processes that talk
//! * [`arguments`]: by position, by name, by default; changing them later
//! * [`errors`]: what a call can end with, and what to do about it
//! * [`deadlines`]: how long calls take, calling again, too much to do
//! * [`streaming`]: methods that return many things, one after the other
//! * [`payloads`]: byte strings, long lists, and MessagePack
//! * [`middleware`]: layers of `tower` on both sides: who calls, limits, and your own
//! * [`testing`]: without Redis, with mocks
//! * [`other_languages`]: Python, Ruby and PHP, in both directions
//!
//! To run it:
//!
//! * [`production`]: a checklist
//! * [`observability`]: spans, metrics and messages, for your own tools
//! * [`discovery`]: who serves what, and whether it fits
//! * [`delivery`]: what becomes of calls when something breaks
//! * [`security`]: whom you trust, and how to let them do less
//! * [`performance`]: what makes calls fast, and what they cost
//! * [`cli`]: services called, watched and examined from a terminal
//! * [`wire`]: the messages, and what differs from the old RedisRPC
//!
//! A call, from the stub and back:
//!
#![doc = include_str!("call.svg")]

#[doc = include_str!("arguments.md")]
pub mod arguments {}

#[doc = include_str!("cli.md")]
pub mod cli {}

#[doc = include_str!("deadlines.md")]
pub mod deadlines {}

#[doc = include_str!("delivery.md")]
pub mod delivery {}

#[doc = include_str!("discovery.md")]
pub mod discovery {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("first_service.md")]
pub mod first_service {}

#[doc = include_str!("middleware.md")]
pub mod middleware {}

#[doc = include_str!("observability.md")]
pub mod observability {}

#[doc = include_str!("other_languages.md")]
pub mod other_languages {}

#[doc = include_str!("payloads.md")]
pub mod payloads {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("production.md")]
pub mod production {}

#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("streaming.md")]
pub mod streaming {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("wire.md")]
pub mod wire {}
