//! Everything that can go wrong, one type per point of view.
//!
//! [`CallError`] is what awaiting a typed call yields, [`Error`] is the part of
//! it that does not come from the service's own code, [`Fault`] is how a server
//! reports failure on the wire and [`TransportError`] is trouble with Redis.
//! Nothing here knows how messages travel.

use std::{convert::Infallible, error::Error as StdError, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, de, ser};
use serde_json::value::RawValue;

/// Why a typed call failed: the service said so, or the call itself went wrong.
///
/// A method that returns `Result<T, E>` is called with
/// `Result<T, CallError<E>>`; one that returns `T` cannot fail by itself, so its
/// calls use `CallError<Infallible>`, which turns into [`Error`] with `?`.
///
/// ```
/// use redisrpc::{CallError, Error};
///
/// fn explain(error: &CallError<std::num::ParseIntError>) -> &'static str {
///     match error {
///         CallError::Service(_) => "the service refused",
///         CallError::Rpc(Error::Timeout(t)) if t.may_have_run() => "nobody knows",
///         CallError::Rpc(_) => "it never got that far",
///         _ => "something newer than this code",
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallError<E = Infallible> {
    /// The method ran and returned this error.
    Service(E),
    /// The call failed outside the method.
    Rpc(Error),
}

impl<E> CallError<E> {
    /// The service's own error, if that is what this is.
    #[must_use]
    pub fn service(&self) -> Option<&E> {
        match self {
            Self::Service(error) => Some(error),
            Self::Rpc(_) => None,
        }
    }

    /// Whether the call ended because its time was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Rpc(error) if error.is_timeout())
    }

    /// Whether the method may have run (or may still run) on a server.
    ///
    /// `false` means that it certainly did not, so that calling again is safe.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Service(_) => true,
            Self::Rpc(error) => error.may_have_run(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Rpc(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> StdError for CallError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // `E` is only asked to be shown, so it may have no source to give.
            Self::Service(_) => None,
            Self::Rpc(error) => error.source(),
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Rpc(error)
    }
}

impl From<CallError<Infallible>> for Error {
    fn from(error: CallError<Infallible>) -> Self {
        match error {
            CallError::Service(never) => match never {},
            CallError::Rpc(error) => error,
        }
    }
}

/// What can go wrong around a call, a server or a connection.
///
/// It can itself be a service's error type: it travels as its text and its
/// [`FaultCode`], so `-> Result<T, redisrpc::Error>` is a valid method and the
/// simplest way to let one function run on a local object and on a remote one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No reply came within the call's time.
    #[error(transparent)]
    Timeout(Timeout),
    /// A server answered with an exception that is not the method's own typed error.
    #[error(transparent)]
    Fault(Fault),
    /// An argument or a return value cannot be written as JSON.
    #[error(transparent)]
    Encode(EncodeError),
    /// A reply cannot be read as the type that was asked for.
    #[error(transparent)]
    Decode(DecodeError),
    /// Redis could not be reached, or refused a command.
    #[error(transparent)]
    Transport(TransportError),
    /// A name, an address or an option is not valid; nothing was sent.
    #[error("{0}")]
    Invalid(String),
    /// The connection to the broker was closed on this side while the call waited.
    #[error("the broker was closed before a reply came")]
    Closed,
}

impl Error {
    /// Whether the call ended because its time was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Whether the method may have run (or may still run) on a server.
    ///
    /// `false` means that it certainly did not, so that calling again is safe.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Timeout(timeout) => timeout.may_have_run(),
            Self::Fault(fault) => fault.may_have_run(),
            Self::Transport(error) => error.may_have_been_sent(),
            Self::Encode(_) | Self::Invalid(_) => false,
            Self::Decode(_) | Self::Closed => true,
        }
    }

    /// What the server said went wrong, if it was a server that said so.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

/// A call's time was up before a reply came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reply to `{method}` on queue `{queue}` within {after:?}; {started}")]
pub struct Timeout {
    pub(crate) method: String,
    pub(crate) queue: String,
    pub(crate) after: Duration,
    pub(crate) started: Started,
}

impl Timeout {
    /// Whether the request can have been taken by a server.
    #[must_use]
    pub fn started(&self) -> Started {
        self.started
    }

    /// How long the caller was willing to wait.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }

    /// Whether the method may have run, or may still be running.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        self.started == Started::Unknown
    }
}

/// Whether a request that timed out can have been taken by a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Started {
    /// No: it was never written, or it was withdrawn from the queue unread.
    No,
    /// It was no longer in the queue, or the queue could not be asked.
    Unknown,
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no server took the request and it was withdrawn",
            Self::Unknown => "a server may have run it",
        })
    }
}

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
        }
    }

    /// The same fault with the service's own error beside the text.
    #[must_use]
    pub(crate) fn with_data(mut self, data: Box<RawValue>) -> Self {
        self.data = Some(data);
        self
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

/// A value cannot be written as JSON that every peer reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be sent: {why}")]
pub struct EncodeError {
    pub(crate) what: String,
    pub(crate) why: String,
}

/// A reply cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the reply to `{method}` cannot be read: {why}")]
pub struct DecodeError {
    pub(crate) method: String,
    pub(crate) why: String,
}

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
    /// It did not, or for good.
    None,
    /// While it loads its data or changes its role.
    Failover,
    /// While it has no memory, no disk, or no time.
    Overloaded,
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

/// How [`Error`] travels when it is a service's error type.
#[derive(Serialize, Deserialize)]
struct ErrorOnTheWire {
    code: String,
    message: String,
}

impl Serialize for Error {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = self.fault().map_or(FaultCode::ServiceError, Fault::code);
        ErrorOnTheWire {
            code: code.as_str().to_owned(),
            message: self.to_string(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ErrorOnTheWire { code, message } = Deserialize::deserialize(deserializer)?;
        Ok(Self::Fault(Fault {
            relayed: true,
            ..Fault::new(FaultCode::from_wire(&code), message)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_exception_text_becomes_the_name_of_its_code() {
        assert_eq!(Fault::new(FaultCode::Panic, "").message(), "panic");
    }

    #[test]
    fn an_error_travels_as_its_text_and_code() {
        let error = Error::Fault(Fault::new(FaultCode::Overloaded, "too much"));
        let json = serde_json::to_string(&error).unwrap();
        assert_eq!(json, r#"{"code":"overloaded","message":"too much"}"#);
        let arrived = serde_json::from_str::<Error>(&json).unwrap();
        assert_eq!(arrived, error);
        // The call that was refused did not run; the method that says so did.
        assert!(!error.may_have_run() && arrived.may_have_run());
    }

    #[test]
    fn only_a_withdrawn_request_certainly_did_not_run() {
        let timeout = |started| {
            Error::Timeout(Timeout {
                method: "add".to_owned(),
                queue: "calc".to_owned(),
                after: Duration::from_secs(1),
                started,
            })
        };
        assert!(!timeout(Started::No).may_have_run());
        assert!(timeout(Started::Unknown).may_have_run());
    }
}
