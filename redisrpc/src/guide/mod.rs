//! What to know beyond the reference: documentation, and no code.

#[doc = include_str!("cli.md")]
pub mod cli {}

#[doc = include_str!("delivery.md")]
pub mod delivery {}

#[doc = include_str!("security.md")]
pub mod security {}
