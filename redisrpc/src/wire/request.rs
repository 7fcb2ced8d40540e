//! A request: what a caller RPUSHes to a service's queue.
//!
//! ```text
//! {"function_call":{"name":"add","args":[5.0],"kwargs":{"k":1}},"response_queue":"calc:rpc:X7Y2US"}
//! ```
//!
//! `args` and `kwargs` are left out when empty (RedisRPC README, since 0.3.0).
//! Between native peers a `context` follows, which old servers ignore.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    raw::{Text, raw_object},
    value,
};
use crate::deadline::RedisTime;

// ===== writing =====

/// Writes one request into one buffer, front to back: the call first, then, when
/// the call is made and its id and deadline are known, where to answer.
#[derive(Debug)]
pub(crate) struct RequestWriter {
    buffer: Vec<u8>,
    /// The inside of `kwargs`, apart because it follows all of `args`.
    kwargs: Vec<u8>,
    has_args: bool,
}

impl RequestWriter {
    /// Begins a call of `method`.
    pub(crate) fn new(method: &str) -> Self {
        let mut buffer = Vec::with_capacity(256);
        buffer.extend_from_slice(br#"{"function_call":{"name":"#);
        write_text(&mut buffer, method);
        Self {
            buffer,
            kwargs: Vec::new(),
            has_args: false,
        }
    }

    /// Adds a positional argument; one that cannot be written leaves no trace.
    pub(crate) fn positional<T: Serialize + ?Sized>(
        &mut self,
        argument: &T,
    ) -> Result<(), serde_json::Error> {
        let before = self.buffer.len();
        self.buffer.extend_from_slice(match self.has_args {
            false => br#","args":["#,
            true => b",",
        });
        let written = value::write(&mut self.buffer, argument);
        match written {
            Ok(()) => self.has_args = true,
            Err(_) => self.buffer.truncate(before),
        }
        written
    }

    /// Adds a named argument; one that cannot be written leaves no trace.
    pub(crate) fn named<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        argument: &T,
    ) -> Result<(), serde_json::Error> {
        let before = self.kwargs.len();
        if before > 0 {
            self.kwargs.push(b',');
        }
        write_text(&mut self.kwargs, name);
        self.kwargs.push(b':');
        let written = value::write(&mut self.kwargs, argument);
        if written.is_err() {
            self.kwargs.truncate(before);
        }
        written
    }

    /// Ends the request with where to answer, and the native members if given.
    pub(crate) fn finish(mut self, response_queue: &str, context: Option<&Context<'_>>) -> Vec<u8> {
        if self.has_args {
            self.buffer.push(b']');
        }
        if !self.kwargs.is_empty() {
            self.buffer.extend_from_slice(br#","kwargs":{"#);
            self.buffer.extend_from_slice(&self.kwargs);
            self.buffer.push(b'}');
        }
        self.buffer.extend_from_slice(br#"},"response_queue":"#);
        write_text(&mut self.buffer, response_queue);
        if let Some(context) = context {
            self.buffer.extend_from_slice(br#","context":"#);
            write_infallible(&mut self.buffer, context);
        }
        self.buffer.push(b'}');
        self.buffer
    }
}

pub(super) fn write_text(buffer: &mut Vec<u8>, text: &str) {
    write_infallible(buffer, text);
}

fn write_infallible<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(buffer, value).expect("texts and integers fit in a Vec");
}

// ===== reading =====

/// A request as a server reads it, borrowed from the message.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) args: Option<&'a RawValue>,
    pub(crate) kwargs: Option<&'a RawValue>,
    pub(crate) response_queue: Cow<'a, str>,
    pub(crate) context: Option<Context<'a>>,
}

/// What native callers add to a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Context<'a> {
    /// The caller's number for the call, echoed in the reply.
    pub(crate) id: u64,
    /// The list on which the caller takes all its replies.
    #[serde(borrow)]
    pub(crate) inbox: Cow<'a, str>,
    /// When the caller stops waiting, in milliseconds of Redis' time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deadline: Option<u64>,
    /// Whether running the call twice is the same as running it once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) idempotent: bool,
    /// Whether nobody waits for a reply.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) oneway: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Context<'_> {
    pub(crate) fn deadline(&self) -> Option<RedisTime> {
        self.deadline.map(RedisTime)
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
        let envelope = match serde_json::from_slice::<Envelope<'_>>(payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                return Err(Malformed {
                    response_queue: salvage_response_queue(payload),
                    why: format!("the request is not valid JSON: {error}"),
                });
            }
        };
        let Some(response_queue) = envelope.response_queue.and_then(read_text) else {
            return Err(Malformed {
                response_queue: None,
                why: "`response_queue` is missing or not a string".to_owned(),
            });
        };
        let context = match envelope.context.map(RawValue::get) {
            None | Some("null") => None,
            Some(context) => serde_json::from_str(context).ok(),
        };
        let call = envelope
            .function_call
            .map(|raw| serde_json::from_str(raw.get()));
        let (why, call): (_, Option<FunctionCall<'a>>) = match call {
            Some(Ok(call)) => ("", Some(call)),
            Some(Err(_)) => ("`function_call` is not an object", None),
            None => ("`function_call` is missing", None),
        };
        let method = call.as_ref().and_then(|call| call.name.and_then(read_text));
        match (call, method) {
            (Some(call), Some(method)) => Ok(Self {
                method,
                args: call.args,
                kwargs: call.kwargs,
                response_queue,
                context,
            }),
            (call, _) => Err(Malformed {
                response_queue: Some(response_queue.into_owned()),
                why: if call.is_some() {
                    "`name` is missing from `function_call` or not a string".to_owned()
                } else {
                    why.to_owned()
                },
            }),
        }
    }
}

fn read_text(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw.get())
        .ok()
        .map(|text| text.0)
}

raw_object!(Envelope {
    function_call,
    response_queue,
    context
});
raw_object!(FunctionCall { name, args, kwargs });

/// The response queue of a payload that is no JSON.
///
/// Old Python clients write `NaN`, `Infinity` and `-Infinity` (WIRE: "what
/// clients send"). With those read as null, the rest is JSON again and there is
/// someone to tell.
fn salvage_response_queue(payload: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(payload);
    let mended = without_non_numbers(&text);
    let envelope: Envelope<'_> = serde_json::from_str(&mended).ok()?;
    Some(read_text(envelope.response_queue?)?.into_owned())
}

/// The text with `NaN` and `Infinity` outside of strings replaced by null.
fn without_non_numbers(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    // Every second part is the inside of a string, once escaped quotes are skipped.
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        mended.push_str(&null_for_non_numbers(&rest[..quote]));
        let end = end_of_string(&rest[quote..]);
        mended.push_str(&rest[quote..quote + end]);
        rest = &rest[quote + end..];
    }
    mended.push_str(&null_for_non_numbers(rest));
    mended
}

fn null_for_non_numbers(json: &str) -> String {
    json.replace("-Infinity", "null")
        .replace("Infinity", "null")
        .replace("NaN", "null")
}

/// Length of the JSON string that `text` begins with, quotes included.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}
