//! Requests as they lie in queues: the one place that knows their form.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use redisrpc::__private::admin::{Unpacked, unpacked};

use crate::output::shortened;

/// A request, as far as it can be read.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    message: &'a [u8],
    parts: Option<Parts<'a>>,
    /// The call itself, where that is inside of another.
    unpacked: Option<Unpacked>,
}

#[derive(Debug, Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    function_call: FunctionCall<'a>,
    #[serde(borrow, default)]
    response_queue: Cow<'a, str>,
    #[serde(default)]
    context: Context,
    attempt: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct FunctionCall<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
    #[serde(borrow)]
    kwargs: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Context {
    deadline: Option<u64>,
    sent: Option<u64>,
    idempotent: bool,
    oneway: bool,
}

impl<'a> Request<'a> {
    pub(crate) fn read(message: &'a [u8]) -> Self {
        let parts = serde_json::from_slice(message).ok();
        Self {
            message,
            parts,
            unpacked: unpacked(message),
        }
    }

    pub(crate) fn method(&self) -> &str {
        match (&self.unpacked, &self.parts) {
            (Some(unpacked), _) => &unpacked.method,
            (None, Some(parts)) => &parts.function_call.name,
            (None, None) => "?",
        }
    }

    /// Its arguments as they would be typed; the message itself where it is none.
    pub(crate) fn arguments(&self, letters: usize) -> String {
        if let Some(unpacked) = &self.unpacked {
            let args = unpacked.args.iter().map(|json| json.get().to_owned());
            let kwargs = unpacked.kwargs.iter();
            let named = kwargs.map(|(name, value)| format!("{name}={value}"));
            let all: Vec<_> = args.chain(named).collect();
            return shortened(&all.join(", "), letters);
        }
        let Some(parts) = &self.parts else {
            return shortened(&String::from_utf8_lossy(self.message), letters);
        };
        let call = &parts.function_call;
        let args = call.args.map(RawValue::get).unwrap_or_default().trim();
        let positional = args
            .strip_prefix('[')
            .and_then(|args| args.strip_suffix(']'));
        let mut all: Vec<String> = vec![positional.unwrap_or(args).trim().to_owned()];
        let named = call.kwargs.map(RawValue::get).unwrap_or("{}");
        let named: BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(named).unwrap_or_default();
        all.extend(named.iter().map(|(name, value)| format!("{name}={value}")));
        all.retain(|argument| !argument.is_empty());
        shortened(&all.join(", "), letters)
    }

    /// Who sent it: the part of its reply list's name that is the caller's own.
    pub(crate) fn caller(&self) -> &str {
        let list = self.parts.as_ref().map_or("", |it| &it.response_queue);
        let own = list.split_once(":rpc:").map_or(list, |(_, own)| own);
        match own.strip_prefix('{').and_then(|own| own.split_once('}')) {
            Some((client, _)) => client,
            None => own,
        }
    }

    /// When it was sent, in milliseconds of Redis' time, if it says so.
    pub(crate) fn sent(&self) -> Option<u64> {
        self.parts.as_ref()?.context.sent
    }

    /// How long its caller still waits; nothing is said by old callers.
    pub(crate) fn left(&self, now: u64) -> Option<u64> {
        let deadline = self.parts.as_ref()?.context.deadline?;
        Some(deadline.saturating_sub(now))
    }

    /// How long ago it was sent, if it says so.
    pub(crate) fn age(&self, now: u64) -> Option<u64> {
        Some(now.saturating_sub(self.sent()?))
    }

    /// How many servers it was given to, this time included.
    pub(crate) fn attempt(&self) -> u32 {
        self.parts.as_ref().and_then(|it| it.attempt).unwrap_or(1)
    }

    /// All there is to know, for programs.
    pub(crate) fn json(&self, now: u64) -> Value {
        let request: Result<Value, _> = serde_json::from_slice(self.message);
        let request = request.unwrap_or_else(|_| String::from_utf8_lossy(self.message).into());
        let context = self.parts.as_ref().map(|it| &it.context);
        json!({
            "method": self.parts.as_ref().map(|_| self.method()),
            "caller": self.caller(),
            "age_ms": self.age(now),
            "left_ms": self.left(now),
            "attempt": self.attempt(),
            "idempotent": context.is_some_and(|it| it.idempotent),
            "oneway": context.is_some_and(|it| it.oneway),
            "request": request,
        })
    }

    /// The same request, to be run once more from the start: without its count of
    /// servers, without a deadline, for that is past, and without a wish for an
    /// answer, for nobody waits for one. `None` if it is no request.
    pub(crate) fn renewed(&self, now: u64) -> Option<Vec<u8>> {
        type Members = BTreeMap<String, Box<RawValue>>;
        self.parts.as_ref()?;
        let mut members: Members = serde_json::from_slice(self.message).ok()?;
        members.remove("attempt");
        if let Some(context) = members.get_mut("context") {
            let mut renewed: Members = serde_json::from_str(context.get()).ok()?;
            renewed.remove("deadline");
            renewed.insert("sent".to_owned(), raw(now.to_string())?);
            renewed.insert("oneway".to_owned(), raw("true".to_owned())?);
            *context = raw(serde_json::to_string(&renewed).ok()?)?;
        }
        serde_json::to_vec(&members).ok()
    }
}

fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = r#"{"function_call":{"name":"get","args":[1, 1.50],"kwargs":{"b":"x"}},"response_queue":"calc:rpc:{c0ffee}.17","context":{"id":17,"inbox":"calc:rpc:{c0ffee}","deadline":2000,"sent":1000,"idempotent":true},"attempt":3}"#;

    #[test]
    fn a_request_says_what_is_called_by_whom_and_when() {
        let request = Request::read(NATIVE.as_bytes());
        assert_eq!((request.method(), request.caller()), ("get", "c0ffee"));
        assert_eq!(request.arguments(50), r#"1, 1.50, b="x""#);
        assert_eq!(
            (request.age(1500), request.left(1500)),
            (Some(500), Some(500))
        );
        assert_eq!(request.attempt(), 3);
    }

    #[test]
    fn an_old_request_says_less_and_any_message_something() {
        let old = br#"{"function_call":{"name":"val"},"response_queue":"calc:rpc:X7Y"}"#;
        let request = Request::read(old);
        assert_eq!((request.method(), request.caller()), ("val", "X7Y"));
        assert_eq!((&*request.arguments(9), request.age(1)), ("", None));
        let none = Request::read(b"hello\x1b[31m, you there");
        assert_eq!(
            (none.method(), &*none.arguments(12)),
            ("?", "hello\\u{1b}…")
        );
    }

    #[test]
    fn a_renewed_request_has_no_deadline_and_wants_no_answer() {
        let renewed = Request::read(NATIVE.as_bytes()).renewed(9000).unwrap();
        assert_eq!(
            String::from_utf8(renewed).unwrap(),
            r#"{"context":{"id":17,"idempotent":true,"inbox":"calc:rpc:{c0ffee}","oneway":true,"sent":9000},"function_call":{"name":"get","args":[1, 1.50],"kwargs":{"b":"x"}},"response_queue":"calc:rpc:{c0ffee}.17"}"#
        );
        assert!(Request::read(b"hello").renewed(1).is_none());
    }
}
