//! What a reply says, as the output of its call.

use serde::de::DeserializeOwned;

#[cfg(feature = "msgpack")]
use crate::wire::msgpack;
use crate::{
    error::{CallError, DecodeError, Error, Fault, FaultCode},
    service::ServiceError,
    wire::{
        absent::Absent,
        reply::{self, Answer},
    },
};

/// Largest reply that is decoded, in bytes: the value it holds may take many times
/// as much.
const LARGEST: usize = 64 * 1024 * 1024;

/// The output of a call whose method returns `T`.
pub(crate) fn read_value<T, E>(reply: &[u8], method: &str) -> Result<T, CallError<E>>
where
    T: DeserializeOwned,
{
    let size = reply.len();
    if size > LARGEST {
        let why = format!("the reply has {size} bytes, more than the {LARGEST} accepted");
        return Err(CallError::Rpc(unreadable(method, why)));
    }
    #[cfg(feature = "msgpack")]
    if let Some(value) = reply::packed_value(reply) {
        return packed(value).map_err(|why| CallError::Rpc(unreadable(method, why)));
    }
    if let Some(value) = reply::plain_value(reply)
        && let Ok(value) = serde_json::from_slice(value)
    {
        return Ok(value);
    }
    let answer = Answer::read(reply).map_err(|why| unreadable(method, why))?;
    match answer {
        Answer::Value(value) => serde_json::from_str(value.get())
            // Where nothing is expected anything will do: an old calculator's
            // `clr` returns null in Python and 0.0 in Ruby and PHP (WIRE).
            .or_else(|error| T::deserialize(Absent::ReturnValue).map_err(|_| error))
            .map_err(|error| CallError::Rpc(unreadable(method, error.to_string()))),
        Answer::Fault(fault) => Err(CallError::Rpc(Error::Fault(fault))),
    }
}

/// A value in MessagePack; what cannot be read so is read as the JSON that it would be.
#[cfg(feature = "msgpack")]
pub(super) fn packed<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    msgpack::read(value).or_else(|_| {
        let json = msgpack::to_json(value)?;
        let read = serde_json::from_str(&json);
        read.or_else(|error| T::deserialize(Absent::ReturnValue).map_err(|_| error.to_string()))
    })
}

/// The output of a call whose method returns `Result<T, E>`.
pub(super) fn read_result<T, E>(reply: &[u8], method: &str) -> Result<T, CallError<E>>
where
    T: DeserializeOwned,
    E: ServiceError,
{
    read_value(reply, method).map_err(|error| match error {
        CallError::Rpc(Error::Fault(fault)) => match service_error(&fault) {
            Some(error) => CallError::Service(error),
            None => CallError::Rpc(Error::Fault(fault)),
        },
        error => error,
    })
}

fn service_error<E: DeserializeOwned>(fault: &Fault) -> Option<E> {
    if fault.code() != FaultCode::ServiceError {
        return None;
    }
    serde_json::from_str(fault.data()?).ok()
}

pub(super) fn unreadable(method: &str, why: String) -> Error {
    Error::Decode(DecodeError {
        method: method.to_owned(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::Value;

    use super::*;

    /// The text of the error that this reply makes.
    fn refused<T: DeserializeOwned + std::fmt::Debug>(reply: &str) -> String {
        let error = read_value::<T, Infallible>(reply.as_bytes(), "m").unwrap_err();
        assert!(
            matches!(error, CallError::Rpc(Error::Decode(_))),
            "{error:?}"
        );
        error.to_string()
    }

    #[test]
    fn a_reply_of_twenty_megabytes_is_read_and_a_larger_one_than_accepted_is_not() {
        let reply = |size: usize| format!(r#"{{"id":1,"return_value":"{}"}}"#, "x".repeat(size));
        let text = read_value::<String, Infallible>(reply(20 << 20).as_bytes(), "m").unwrap();
        assert_eq!(text.len(), 20 << 20);
        let text = refused::<String>(&reply(LARGEST));
        assert!(text.contains("more than the 67108864 accepted"), "{text}");
    }

    #[test]
    fn a_reply_that_nests_too_deep_is_refused() {
        for levels in [200, 1_000_000] {
            let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            let text = refused::<Value>(&format!(r#"{{"id":1,"return_value":{deep}}}"#));
            assert!(text.contains("recursion limit exceeded"), "{text}");
            // What nobody looks into may be as deep as it likes.
            let reply = format!(r#"{{"id":1,"more":{deep},"return_value":5}}"#);
            let value = read_value::<u8, Infallible>(reply.as_bytes(), "m");
            assert_eq!(value.unwrap(), 5);
        }
    }
}
