//! Failures as servers report them.

use std::{error::Error as StdError, fmt};

use serde_json::value::RawValue;

/// A failure as a server reports it: the `exception` of a reply, and for native
/// peers its code and data beside it.
#[derive(Debug, Clone)]
pub struct Fault {
    code: FaultCode,
    message: String,
    data: Option<Box<RawValue>>,
    /// Whether it was a method's own error: whatever its code says of the call it
    /// was first raised in, the method that passed it on has run.
    relayed: bool,
    /// How many parts of a stream came before it.
    parts: u64,
}

impl Fault {
    /// A fault with this code and text. An empty text becomes the code's name,
    /// because the old PHP client takes an empty exception for none.
    pub fn new(code: FaultCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.is_empty() {
            code.as_str().clone_into(&mut message);
        }
        Self {
            code,
            message,
            data: None,
            relayed: false,
            parts: 0,
        }
    }

    /// The same fault with the service's own error beside the text.
    #[must_use]
    pub(crate) fn with_data(mut self, data: Box<RawValue>) -> Self {
        self.data = Some(data);
        self
    }

    /// The same fault as the error of a method that has run: it was raised by a
    /// call which that method made.
    #[must_use]
    pub(super) fn relayed(self) -> Self {
        Self {
            relayed: true,
            ..self
        }
    }

    /// The same fault as the end of a stream of which so many parts were sent.
    #[must_use]
    pub(crate) fn after_parts(self, parts: u64) -> Self {
        Self { parts, ..self }
    }

    /// How many parts of a stream were sent before it.
    pub(crate) fn parts(&self) -> u64 {
        self.parts
    }

    /// What kind of failure it is; [`FaultCode::Exception`] from an old server.
    #[must_use]
    pub fn code(&self) -> FaultCode {
        self.code
    }

    /// The exception's text, as the server wrote it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The service's own error as JSON, if a native server sent one.
    #[must_use]
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref().map(RawValue::get)
    }

    /// Whether the method may have run before this was reported.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        self.relayed || self.code.may_have_run()
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.message == other.message && self.data() == other.data()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Fault {}

macro_rules! fault_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, may_have_run: $ran:literal;)*) => {
        /// The kinds of failure a server reports: the `code` of a reply's `error` member.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FaultCode { $($(#[$doc])* $variant,)* }

        impl FaultCode {
            /// The code's text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The code with this text; one from a newer peer is an [`Exception`](Self::Exception).
            pub(crate) fn from_wire(text: &str) -> Self {
                match text { $($text => Self::$variant,)* _ => Self::Exception }
            }

            /// Whether a method may have run when a server reports this.
            #[must_use]
            pub fn may_have_run(self) -> bool {
                match self { $(Self::$variant => $ran,)* }
            }
        }
    };
}

fault_codes! {
    /// Old servers say no more than that something was raised.
    Exception = "exception", may_have_run: true;
    /// The service has no method of this name.
    MethodNotFound = "method_not_found", may_have_run: false;
    /// An argument is missing, unexpected, given twice or of the wrong type.
    InvalidArguments = "invalid_arguments", may_have_run: false;
    /// The request is not a request.
    InvalidRequest = "invalid_request", may_have_run: false;
    /// The method returned its own error.
    ServiceError = "service_error", may_have_run: true;
    /// The method panicked.
    Panic = "panic", may_have_run: true;
    /// The method's return value cannot be written as JSON.
    InvalidReply = "invalid_reply", may_have_run: true;
    /// The server has too much to do and did not start the call.
    Overloaded = "overloaded", may_have_run: false;
    /// The server was stopped or lost while it ran the call.
    Interrupted = "interrupted", may_have_run: true;
    /// The server is stopping and did not start the call.
    ShuttingDown = "shutting_down", may_have_run: false;
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_exception_text_becomes_the_name_of_its_code() {
        assert_eq!(Fault::new(FaultCode::Panic, "").message(), "panic");
    }
}
