//! A reply: what a server RPUSHes to the list the caller named.
//!
//! ```text
//! {"return_value":4.0}     {"exception":"text"}
//! ```
//!
//! An old caller gets exactly one of the two: old Ruby clients take the mere
//! presence of `exception` for a failure, old PHP clients an empty one for none
//! (WIRE, "what clients make of a reply"). A native caller also gets the `id` of
//! its call, and `error` beside an exception; one that says it reads MessagePack gets a
//! long value as that, to the end of the reply: `{"id":17,"msgpack":…`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

#[cfg(feature = "msgpack")]
use super::msgpack;
use super::{
    raw::{Text, object},
    request::write_text,
    unreadable, value,
};
use crate::error::{EncodeError, Fault, FaultCode};

// ===== writing =====

/// A whole reply, ready to be pushed.
#[derive(Debug)]
pub struct Reply(pub(crate) Vec<u8>);

impl Reply {
    /// A successful reply; `id` for native callers only.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON that every peer reads.
    pub(crate) fn value<T: Serialize + ?Sized>(
        id: Option<u64>,
        return_value: &T,
    ) -> Result<Self, EncodeError> {
        let mut out = opened(id);
        out.extend_from_slice(br#""return_value":"#);
        value::write(&mut out, return_value).map_err(|error| EncodeError {
            what: "the return value".to_owned(),
            why: error.to_string(),
        })?;
        out.push(b'}');
        Ok(Self(out))
    }

    /// A successful reply to a native caller that reads MessagePack: a long value as that.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    #[cfg(feature = "msgpack")]
    pub(crate) fn packed<T: Serialize + ?Sized>(
        id: u64,
        return_value: &T,
    ) -> Result<Self, EncodeError> {
        let mut out = opened(Some(id));
        let opened = out.len();
        out.extend_from_slice(br#""return_value":"#);
        if msgpack::write_short(&mut out, return_value) {
            out.push(b'}');
            return Ok(Self(out));
        }
        out.truncate(opened);
        out.extend_from_slice(msgpack::MEMBER);
        match msgpack::write(&mut out, return_value) {
            Ok(()) => Ok(Self(out)),
            Err(_) => Self::value(Some(id), return_value),
        }
    }

    /// A failure; `id` for native callers, who also get its code and data.
    pub(crate) fn fault(id: Option<u64>, fault: &Fault) -> Self {
        let mut out = opened(id);
        if id.is_some() && fault.parts() > 0 {
            out.extend_from_slice(br#""part":"#);
            out.extend_from_slice(itoa::Buffer::new().format(fault.parts()).as_bytes());
            out.push(b',');
        }
        out.extend_from_slice(br#""exception":"#);
        write_text(&mut out, fault.message());
        if id.is_some() {
            out.extend_from_slice(br#","error":{"code":"#);
            write_text(&mut out, fault.code().as_str());
            if let Some(data) = fault.data() {
                out.extend_from_slice(br#","data":"#);
                out.extend_from_slice(data.as_bytes());
            }
            out.push(b'}');
        }
        out.push(b'}');
        Self(out)
    }
}

fn opened(id: Option<u64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.push(b'{');
    if let Some(id) = id {
        // First, so that a reader finds it without reading the rest.
        out.extend_from_slice(br#""id":"#);
        out.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
        out.push(b',');
    }
    out
}

// ===== reading =====

/// What a reply says, borrowed from the message.
#[derive(Debug)]
pub(crate) enum Answer<'a> {
    Value(&'a RawValue),
    Fault(Fault),
}

object!(Envelope<'a> {
    id: &'a RawValue,
    return_value: &'a RawValue,
    exception: &'a RawValue,
    error: &'a RawValue,
});
object!(ErrorMember<'a> {
    code: &'a RawValue,
    data: &'a RawValue,
});

/// The call a reply on an inbox belongs to.
pub(crate) fn reply_id(reply: &[u8]) -> Option<u64> {
    if let Some(id) = leading_id(reply) {
        return Some(id);
    }
    let envelope: Envelope<'_> = serde_json::from_slice(reply).ok()?;
    serde_json::from_str(envelope.id?.get()).ok()
}

/// The id where native servers write it, found without reading the rest.
fn leading_id(reply: &[u8]) -> Option<u64> {
    let (digits, _) = after_id(reply)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The digits of a leading id, and what follows it.
fn after_id(reply: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = reply.strip_prefix(br#"{"id":"#)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = rest.split_at(end);
    // JSON has no number without digits, and none that begins with a zero but 0.
    let number = digits == b"0" || !digits.is_empty() && !digits.starts_with(b"0");
    // Anything but a comma may belong to the number: 1.5, 1e3.
    let rest = rest.strip_prefix(b",")?;
    number.then_some((digits, rest))
}

/// What stands where a native server writes the return value of a call that
/// succeeded. If it is one JSON value, it is that return value: anything else in
/// its place, further members included, is none.
pub(crate) fn plain_value(reply: &[u8]) -> Option<&[u8]> {
    let (_, rest) = after_id(reply)?;
    rest.strip_prefix(br#""return_value":"#)?.strip_suffix(b"}")
}

/// The value of a reply that has it in MessagePack.
#[cfg(feature = "msgpack")]
pub(crate) fn packed_value(reply: &[u8]) -> Option<&[u8]> {
    let (_, rest) = after_id(reply)?;
    rest.strip_prefix(msgpack::MEMBER)
}

impl<'a> Answer<'a> {
    /// Reads a reply of an old or a native server.
    ///
    /// # Errors
    ///
    /// A text that says why this is not a reply.
    pub(crate) fn read(reply: &'a [u8]) -> Result<Self, String> {
        let envelope: Envelope<'a> = serde_json::from_slice(reply).map_err(|error| {
            let mended = unreadable::mended(reply);
            unreadable::reason(reply, &mended, &error)
        })?;
        match (exception_text(envelope.exception), envelope.return_value) {
            (Some(message), _) => Ok(Self::Fault(fault(message, envelope.error))),
            (None, Some(value)) => Ok(Self::Value(value)),
            (None, None) => Err("it has neither `return_value` nor `exception`".to_owned()),
        }
    }
}

/// The text of an exception; a null one beside a value is none, as for the old
/// Python and PHP clients. One that is no string is shown as its JSON.
fn exception_text(exception: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let json = exception?.get();
    match serde_json::from_str::<Text<'_>>(json) {
        Ok(text) => Some(text.0),
        Err(_) if json == "null" => None,
        Err(_) => Some(Cow::Borrowed(json)),
    }
}

fn fault(message: Cow<'_, str>, error: Option<&RawValue>) -> Fault {
    let member = error
        .and_then(|raw| serde_json::from_str::<ErrorMember<'_>>(raw.get()).ok())
        .unwrap_or_default();
    let code = member
        .code
        .and_then(|raw| serde_json::from_str::<Text<'_>>(raw.get()).ok())
        .map_or(FaultCode::Exception, |code| {
            FaultCode::from_wire(code.as_str())
        });
    let fault = Fault::new(code, message);
    match member.data {
        Some(data) => fault.with_data(data.to_owned()),
        None => fault,
    }
}
