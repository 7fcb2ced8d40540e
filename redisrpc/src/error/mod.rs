//! Everything that can go wrong, one type per point of view.
//!
//! [`CallError`] is what awaiting a typed call yields, [`Error`] is the part of
//! it that does not come from the service's own code, [`Fault`] is how a server
//! reports failure on the wire and [`TransportError`] is trouble with Redis.
//! Nothing here knows how messages travel.

mod fault;
mod mismatch;
mod overloaded;
mod timeout;
mod transport;
mod unserved;

use std::{convert::Infallible, error::Error as StdError, fmt};

use serde::{Deserialize, Serialize, de, ser};

pub use self::{
    fault::{Fault, FaultCode},
    mismatch::Mismatch,
    overloaded::Overloaded,
    timeout::{Started, Timeout},
    transport::TransportError,
    unserved::Unserved,
};
pub(crate) use self::{overloaded::Bound, transport::Refusal};

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
    /// What went wrong, in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => FaultCode::ServiceError.as_str(),
            Self::Rpc(error) => error.kind(),
        }
    }

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

    /// Whether there was too much to do, for the server or by a bound that the
    /// client was given.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        matches!(self, Self::Rpc(error) if error.is_overloaded())
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
    /// A bound of the client's own was reached; no server took the call.
    #[error(transparent)]
    Overloaded(Overloaded),
    /// No server serves the queue, and the client was told
    /// [not to wait](crate::Client::fail_unserved) for one; nothing was sent.
    #[error(transparent)]
    Unserved(Unserved),
    /// The service is not what the client was written for, says
    /// [`Client::check`](crate::Client::check).
    #[error(transparent)]
    Mismatch(Mismatch),
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
    /// A layer of the client ended the call, and this is what it said. Whether the
    /// method ran is not known.
    #[error("{0}")]
    Layer(String),
    /// The connection to the broker was closed on this side while the call waited.
    #[error("the broker was closed before a reply came")]
    Closed,
}

impl Error {
    /// What went wrong, in one word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Fault(fault) => fault.code().as_str(),
            Self::Overloaded(_) => FaultCode::Overloaded.as_str(),
            Self::Unserved(_) => "unserved",
            Self::Mismatch(_) => "mismatch",
            Self::Encode(_) => "encode",
            Self::Decode(_) => "decode",
            Self::Transport(_) => "transport",
            Self::Invalid(_) => "invalid",
            Self::Layer(_) => "layer",
            Self::Closed => "closed",
        }
    }

    /// Whether the call ended because its time was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Whether there was too much to do: for the server, which then answered
    /// [`FaultCode::Overloaded`], or by a bound that the client was given.
    #[must_use]
    pub fn is_overloaded(&self) -> bool {
        match self {
            Self::Overloaded(_) => true,
            Self::Fault(fault) => fault.code() == FaultCode::Overloaded,
            _ => false,
        }
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
            Self::Overloaded(_)
            | Self::Unserved(_)
            | Self::Mismatch(_)
            | Self::Encode(_)
            | Self::Invalid(_) => false,
            Self::Decode(_) | Self::Layer(_) | Self::Closed => true,
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

/// How [`Error`] travels when it is a service's error type.
#[derive(Serialize, Deserialize)]
struct ErrorOnTheWire {
    code: String,
    message: String,
}

impl Serialize for Error {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = match self {
            Self::Fault(fault) => fault.code(),
            Self::Overloaded(_) => FaultCode::Overloaded,
            _ => FaultCode::ServiceError,
        };
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
        Ok(Self::Fault(
            Fault::new(FaultCode::from_wire(&code), message).relayed(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
