//! What to know beyond the reference: documentation, and no code.

#[doc = include_str!("security.md")]
pub mod security {}
