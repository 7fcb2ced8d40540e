//! A service that is not what its caller was written for.

use std::fmt;

use redisrpc_contract::Change;

/// How a live service differs from what its caller was written for, where calls may
/// fail for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub(crate) queue: String,
    pub(crate) changes: Vec<Change>,
}

impl Mismatch {
    /// Each difference that breaks calls, from what the caller was written for to what
    /// the service is now. At least one.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = &self.queue;
        write!(
            f,
            "the service on queue `{queue}` is not what this client was built for: "
        )?;
        for (number, change) in self.changes.iter().enumerate() {
            let before = if number == 0 { "" } else { "; " };
            write!(f, "{before}{change}")?;
        }
        f.write_str(" (from what the client expects to what is served)")
    }
}
