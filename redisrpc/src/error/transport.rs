//! Trouble with the broker.

use std::{error::Error as StdError, fmt, sync::Arc};

/// Redis could not be reached, or refused a command.
#[derive(Debug, Clone)]
pub struct TransportError {
    operation: &'static str,
    may_have_been_sent: bool,
    refusal: Refusal,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Whether Redis answered that it will not, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It did not.
    None,
    /// Until somebody changes what it allows, or what is asked of it.
    ForGood,
    /// While it loads its data or changes its role.
    Failover,
    /// While it has no memory, no disk, or no time.
    Overloaded,
    /// For another server is the one to ask.
    Moved,
}

impl TransportError {
    /// The command certainly did not reach Redis.
    pub(crate) fn not_sent(
        operation: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            operation,
            may_have_been_sent: false,
            refusal: Refusal::None,
            source: Some(Arc::from(source.into())),
        }
    }

    /// The command was handed to a connection, and nobody knows more.
    pub(crate) fn unknown(
        operation: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            may_have_been_sent: true,
            ..Self::not_sent(operation, source)
        }
    }

    /// Redis answered with an error: certainly nothing was done.
    pub(crate) fn refused(
        operation: &'static str,
        refusal: Refusal,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            refusal,
            ..Self::not_sent(operation, source)
        }
    }

    /// The same error of a command that followed a request: that was sent.
    pub(crate) fn after_sending(self) -> Self {
        Self {
            may_have_been_sent: true,
            ..self
        }
    }

    /// The same error, of something that will be otherwise before long.
    pub(crate) fn passing(self) -> Self {
        Self {
            refusal: Refusal::Failover,
            ..self
        }
    }

    pub(crate) fn refusal(&self) -> Refusal {
        self.refusal
    }

    /// The error with its cause, for logs.
    pub(crate) fn report(&self) -> String {
        match &self.source {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }

    /// Whether what was being written may have reached Redis all the same.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.may_have_been_sent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.operation)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

impl PartialEq for TransportError {
    fn eq(&self, other: &Self) -> bool {
        self.operation == other.operation && self.may_have_been_sent == other.may_have_been_sent
    }
}
