//! What does not belong to one item: pages to read.

#[doc = include_str!("delivery.md")]
pub mod delivery {}
