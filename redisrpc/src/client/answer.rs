//! What a reply says, as the output of its call.

use serde::de::DeserializeOwned;

use crate::{
    error::{CallError, DecodeError, Error, Fault, FaultCode},
    service::ServiceError,
    wire::{
        absent::Absent,
        reply::{self, Answer},
    },
};

/// The output of a call whose method returns `T`.
pub(crate) fn read_value<T, E>(reply: &[u8], method: &str) -> Result<T, CallError<E>>
where
    T: DeserializeOwned,
{
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

fn unreadable(method: &str, why: String) -> Error {
    Error::Decode(DecodeError {
        method: method.to_owned(),
        why,
    })
}
