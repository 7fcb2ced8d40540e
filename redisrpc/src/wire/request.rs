//! A request: what a caller RPUSHes to a service's queue.
//!
//! ```text
//! {"function_call":{"name":"add","args":[5.0],"kwargs":{"k":1}},"response_queue":"calc:rpc:X7Y2US"}
//! ```
//!
//! `args` and `kwargs` are left out when empty (RedisRPC README, since 0.3.0).
//! Between native peers a `context` follows, which old servers ignore.

#[cfg(feature = "msgpack")]
pub(crate) mod packed;
mod write;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[cfg(feature = "msgpack")]
use self::packed::Packed;
pub(crate) use self::write::RequestWriter;
pub(super) use self::write::write_text;
use super::{
    origin::Origin,
    raw::{Json, Text, object},
    unreadable::{self, Mended},
};
use crate::{deadline::RedisTime, metadata::Metadata};

/// Longest name of a method, in bytes: it is shown in logs and in exceptions.
const MAX_METHOD_NAME: usize = 256;

/// A request as a server reads it, borrowed from the message.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) args: Option<&'a RawValue>,
    pub(crate) kwargs: Option<&'a RawValue>,
    pub(crate) response_queue: Cow<'a, str>,
    pub(crate) context: Option<Context<'a>>,
    /// How often it has been given to a server, this time included: more than once
    /// if servers died that ran it.
    pub(crate) attempt: u32,
    /// Where it was taken from, once a server runs it.
    pub(crate) origin: Option<Origin<'a>>,
    #[cfg(feature = "msgpack")]
    pub(crate) packed: Packed<'a>,
}

/// What native callers add to a request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Context<'a> {
    /// The caller's number for the call, echoed in the reply.
    pub(crate) id: u64,
    /// The list on which the caller takes all its replies.
    #[serde(borrow)]
    pub(crate) inbox: Cow<'a, str>,
    /// When the caller stops waiting, in milliseconds of Redis' time.
    #[serde(default)]
    pub(crate) deadline: Option<u64>,
    /// When the caller made the call, in the same time.
    #[serde(default)]
    pub(crate) sent: Option<u64>,
    /// Whether running the call twice is the same as running it once.
    #[serde(default)]
    pub(crate) idempotent: bool,
    /// Whether nobody waits for a reply.
    #[serde(default)]
    pub(crate) oneway: bool,
    /// Whether the reply may be in MessagePack.
    #[serde(default)]
    pub(crate) msgpack: bool,
    /// How many items of a stream the caller takes before it says more. One that says
    /// nothing takes the whole as one list.
    #[serde(default)]
    pub(crate) credit: Option<u64>,
    /// What the caller says beside the arguments; whatever it is, the request is one.
    #[serde(default, borrow)]
    pub(crate) metadata: Option<Json<'a>>,
}

impl Context<'_> {
    pub(crate) fn deadline(&self) -> Option<RedisTime> {
        self.deadline.map(RedisTime)
    }

    pub(crate) fn sent(&self) -> Option<RedisTime> {
        self.sent.map(RedisTime)
    }

    /// What the caller says beside the arguments, as far as it can be read.
    pub(crate) fn metadata(&self) -> Option<Metadata> {
        let json = self.metadata.as_ref()?;
        serde_json::from_str(json.get()).ok()
    }
}

/// A payload that is not a request.
#[derive(Debug, PartialEq)]
pub(crate) struct Malformed {
    /// Where to say so, if that much could be read.
    pub(crate) response_queue: Option<String>,
    /// What is wrong with it.
    pub(crate) why: String,
}

impl<'a> Request<'a> {
    /// The method's name, as the caller wrote it.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The number a native caller gave the call; its reply must carry it.
    pub(crate) fn native_id(&self) -> Option<u64> {
        self.context.as_ref().map(|context| context.id)
    }

    /// Reads a request: members in any order, unknown ones ignored, of duplicates
    /// the last, `args` and `kwargs` absent, null or present.
    pub(crate) fn read(payload: &'a [u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(payload).ok();
        let read = match text
            .and_then(|text| Self::read_native(text).or_else(|| Self::read_plain(text)))
        {
            Some(request) => Ok(request),
            None => Self::read_closely(payload),
        };
        #[cfg(feature = "msgpack")]
        let read = read.map(Self::unpacked);
        read
    }

    /// Reads a request in the very form that [`RequestWriter::finish`] gives it,
    /// without named arguments.
    fn read_native(text: &'a str) -> Option<Self> {
        let mut rest = Rest(text);
        rest.skip(r#"{"function_call":{"name":""#)?;
        let method = rest.text()?;
        let args = match rest.skip(r#","args":"#) {
            Some(()) => Some(rest.value()?),
            None => None,
        };
        rest.skip(r#"},"response_queue":""#)?;
        let response_queue = rest.text()?;
        rest.skip(r#","context":{"id":"#)?;
        let id = rest.number()?;
        rest.skip(r#","inbox":""#)?;
        let inbox = rest.text()?;
        let context = Context {
            id,
            inbox: Cow::Borrowed(inbox),
            deadline: match rest.skip(r#","deadline":"#) {
                Some(()) => Some(rest.number()?),
                None => None,
            },
            sent: match rest.skip(r#","sent":"#) {
                Some(()) => Some(rest.number()?),
                None => None,
            },
            idempotent: rest.skip(r#","idempotent":true"#).is_some(),
            oneway: rest.skip(r#","oneway":true"#).is_some(),
            msgpack: rest.skip(r#","msgpack":true"#).is_some(),
            credit: match rest.skip(r#","credit":"#) {
                Some(()) => Some(rest.number()?),
                None => None,
            },
            metadata: match rest.skip(r#","metadata":"#) {
                // What else there can be is left to others.
                Some(()) => Some(Json(rest.value().filter(|it| it.get().starts_with('{'))?)),
                None => None,
            },
        };
        (rest.0 == "}}" && method.len() <= MAX_METHOD_NAME).then_some(Self {
            method: Cow::Borrowed(method),
            args,
            kwargs: None,
            response_queue: Cow::Borrowed(response_queue),
            context: Some(context),
            attempt: 1,
            origin: None,
            #[cfg(feature = "msgpack")]
            packed: Packed::default(),
        })
    }

    /// Reads a request that has all it needs, and that as it should be, in one pass.
    fn read_plain(text: &'a str) -> Option<Self> {
        let plain: Plain<'a> = serde_json::from_str(text).ok()?;
        let call = plain.function_call?;
        Some(Self {
            method: call.name.filter(|name| name.0.len() <= MAX_METHOD_NAME)?.0,
            args: call.args,
            kwargs: call.kwargs,
            response_queue: plain.response_queue?.0,
            context: plain.context,
            attempt: plain.attempt.unwrap_or(1),
            origin: None,
            #[cfg(feature = "msgpack")]
            packed: Packed {
                call: plain.packed,
                ..Packed::default()
            },
        })
    }

    /// Checks that the ways of reading that read this at all read the same.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn all_ways_agree(payload: &'a [u8]) {
        let text = std::str::from_utf8(payload).ok();
        let long = format!("{:?}", Self::read_closely(payload));
        for short in [Self::read_native, Self::read_plain] {
            if let Some(request) = text.and_then(short) {
                assert_eq!(format!("{:?}", Ok::<_, Malformed>(request)), long);
            }
        }
    }

    /// Reads a request member by member, to say what is wrong with it or to do
    /// without what may be missing.
    fn read_closely(payload: &'a [u8]) -> Result<Self, Malformed> {
        let envelope: Envelope<'a> = serde_json::from_slice(payload).map_err(|error| {
            let mended = unreadable::mended(payload);
            let reason = unreadable::reason(payload, &mended, &error);
            Malformed {
                response_queue: salvaged_response_queue(&mended),
                why: format!("the request cannot be read: {reason}"),
            }
        })?;
        let Some(response_queue) = envelope.response_queue.and_then(text_of) else {
            return Err(Malformed {
                response_queue: None,
                why: "`response_queue` is missing or not a string".to_owned(),
            });
        };
        let (method, call) = match named_call(envelope.function_call) {
            Ok(named_call) => named_call,
            Err(why) => {
                return Err(Malformed {
                    response_queue: Some(response_queue.into_owned()),
                    why,
                });
            }
        };
        Ok(Self {
            method,
            args: call.args,
            kwargs: call.kwargs,
            response_queue,
            // One that cannot be read is from a peer yet to come: it is answered
            // on its response queue, as an old one.
            context: envelope
                .context
                .and_then(|raw| serde_json::from_str(raw.get()).ok()),
            attempt: envelope
                .attempt
                .and_then(|raw| serde_json::from_str(raw.get()).ok())
                .unwrap_or(1),
            origin: None,
            #[cfg(feature = "msgpack")]
            packed: Packed {
                call: envelope.packed,
                ..Packed::default()
            },
        })
    }

    /// The message this was read from, to be given to a server once more.
    pub(crate) fn again(&self, message: &[u8]) -> Vec<u8> {
        let mut again = message.trim_ascii_end().to_vec();
        let counted = format!(r#","attempt":{}}}"#, self.attempt);
        let end = match again.ends_with(counted.as_bytes()) {
            true => counted.len(),
            false => 1,
        };
        again.truncate(again.len() - end);
        let attempt = self.attempt.saturating_add(1);
        again.extend_from_slice(format!(r#","attempt":{attempt}}}"#).as_bytes());
        again
    }
}

/// What is left of a text that is expected to have a certain form.
pub(super) struct Rest<'a>(pub(super) &'a str);

impl<'a> Rest<'a> {
    pub(super) fn skip(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// The inside of a string, up to its end; one with escapes is left to others.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let special = |byte| matches!(byte, b'"' | b'\\' | ..b' ');
        let end = self.0.bytes().position(special)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    /// A whole number as JSON has it.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, mut end) = (0_u64, 0);
        for digit in self.0.bytes().take_while(u8::is_ascii_digit) {
            number = number
                .checked_mul(10)?
                .checked_add(u64::from(digit - b'0'))?;
            end += 1;
        }
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        (digits == "0" || !digits.is_empty() && !digits.starts_with('0')).then_some(number)
    }

    fn value(&mut self) -> Option<&'a RawValue> {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter();
        let value = values.next()?.ok()?;
        self.0 = &self.0[values.byte_offset()..];
        Some(value)
    }
}

object!(Plain<'a> {
    function_call: PlainCall<'a>,
    response_queue: Text<'a>,
    context: Context<'a>,
    attempt: u32,
    #[cfg(feature = "msgpack")]
    packed: &'a RawValue,
});
object!(PlainCall<'a> {
    name: Text<'a>,
    args: &'a RawValue,
    kwargs: &'a RawValue,
});

object!(Envelope<'a> {
    function_call: &'a RawValue,
    response_queue: &'a RawValue,
    context: &'a RawValue,
    attempt: &'a RawValue,
    #[cfg(feature = "msgpack")]
    packed: &'a RawValue,
});
object!(FunctionCall<'a> {
    name: &'a RawValue,
    args: &'a RawValue,
    kwargs: &'a RawValue,
});

/// The call and its method's name, or why there is none.
fn named_call<'a>(
    function_call: Option<&'a RawValue>,
) -> Result<(Cow<'a, str>, FunctionCall<'a>), String> {
    let call = function_call.ok_or("`function_call` is missing")?;
    let call: FunctionCall<'a> =
        serde_json::from_str(call.get()).map_err(|_| "`function_call` is not an object")?;
    let name = call
        .name
        .and_then(text_of)
        .ok_or("`name` is missing from `function_call` or not a string")?;
    if name.len() > MAX_METHOD_NAME {
        return Err(format!(
            "the method's name has {} bytes, more than {MAX_METHOD_NAME}",
            name.len()
        ));
    }
    Ok((name, call))
}

fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw.get())
        .ok()
        .map(|text| text.0)
}

/// The response queue of a payload that is no JSON, so that there is someone to
/// tell.
fn salvaged_response_queue(mended: &Mended) -> Option<String> {
    let envelope: Envelope<'_> = serde_json::from_str(&mended.json).ok()?;
    let queue = text_of(envelope.response_queue?)?;
    // A name that itself had to be mended is not the one its caller waits on.
    let is_callers = !mended.replaced_bytes || !queue.contains(char::REPLACEMENT_CHARACTER);
    is_callers.then(|| queue.into_owned())
}
