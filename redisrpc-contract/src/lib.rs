//! What a service looks like from outside, as data: its methods, their arguments
//! and types. A [`Contract`] can be kept as a file beside the source, be asked of a
//! live server, and be compared with another one.
//!
//! `redisrpc` re-exports this crate as `redisrpc::contract`; the macros use it while
//! they compile a service.
//!
//! ```
//! use redisrpc_contract::{Contract, compare};
//!
//! let old = Contract::from_json(
//!     r#"{
//!         "redisrpc": 1,
//!         "service": "Calculator",
//!         "methods": [
//!             {"name": "add", "arguments": [{"name": "number", "type": "f64"}], "returns": "f64"}
//!         ]
//!     }"#,
//! )?;
//! let mut new = old.clone();
//! new.methods[0].arguments[0].type_text = "f32".to_owned();
//!
//! let changes = compare(&old, &new);
//! assert!(changes[0].is_breaking());
//! assert_eq!(
//!     changes[0].to_string(),
//!     "`add`: the type of argument `number` was `f64`, is `f32`"
//! );
//! # Ok::<(), redisrpc_contract::ContractError>(())
//! ```

mod change;
mod compare;
mod error;
mod fingerprint;
mod json;
mod model;
mod nearness;
mod queue;
mod signature;
pub mod stub;
mod types;

pub use change::Change;
pub use compare::compare;
pub use error::ContractError;
#[doc(hidden)]
pub use fingerprint::Fingerprint;
#[doc(hidden)]
pub use json::line_of;
pub use model::{Argument, Contract, Method};
#[doc(hidden)]
pub use nearness::did_you_mean;
#[doc(hidden)]
pub use queue::{LONGEST_QUEUE, has_control, queue_fault};
#[doc(hidden)]
pub use stub::names::snake_case;
