//! Arguments in MessagePack.
//!
//! Whoever takes a request from a queue must be able to read it. So arguments are packed
//! inside of a request that anyone can read, and that nobody without this can run: its
//! method is one that no service has, and it is answered so.
//!
//! ```text
//! {"function_call":{"name":"redisrpc.packed"},"response_queue":"…","context":{…},
//!  "packed":{"name":"train","args":[0.1],"msgpack":["3AAQ…"],"msgpack_kwargs":{"k":"gqEx…"}}}
//! ```
//!
//! `packed` is what `function_call` would be, and has further arguments as base64 of their
//! MessagePack: those by position follow the ones in `args`.

#[cfg(any(test, feature = "cli", feature = "mock"))]
mod shown;

use serde::{Serialize, ser::Error as _};
use serde_json::value::RawValue;

use super::{MAX_METHOD_NAME, Request, RequestWriter, write_text};
use crate::{
    blob,
    wire::{
        msgpack,
        raw::{Text, object},
    },
};

/// The method that is asked of whoever cannot read what is packed.
const NAME: &str = "redisrpc.packed";

/// How a request begins that is packed, and how any does.
const OUTSIDE: &[u8] = br#"{"function_call":{"name":"redisrpc.packed""#;
const BEGIN: &[u8] = br#"{"function_call":"#;

// ===== writing =====

/// The arguments of a call that are in MessagePack.
#[derive(Debug, Clone, Default)]
pub(super) struct Packing {
    args: Vec<Vec<u8>>,
    kwargs: Vec<(String, Vec<u8>)>,
}

impl Packing {
    fn is_empty(&self) -> bool {
        self.args.is_empty() && self.kwargs.is_empty()
    }
}

impl RequestWriter {
    /// From now on arguments that are long may be packed.
    pub(crate) fn pack(&mut self) {
        self.packing = Some(Packing::default());
    }

    /// Whether there are arguments that are packed.
    pub(crate) fn is_packed(&self) -> bool {
        self.packing.as_ref().is_some_and(|it| !it.is_empty())
    }

    /// Makes JSON of what is packed, and packs no more.
    ///
    /// # Errors
    ///
    /// What has no equal in JSON.
    pub(crate) fn unpack(&mut self) -> Result<(), serde_json::Error> {
        let Some(packing) = self.packing.take() else {
            return Ok(());
        };
        for argument in packing.args {
            let json = msgpack::to_json(&argument).map_err(serde_json::Error::custom)?;
            self.put_positional(|out| copied(out, &json))?;
        }
        for (name, argument) in packing.kwargs {
            let json = msgpack::to_json(&argument).map_err(serde_json::Error::custom)?;
            self.put_named(&name, |out| copied(out, &json))?;
        }
        Ok(())
    }

    /// Adds a positional argument, packed or not; `false` if it is to be added as JSON.
    ///
    /// All that follow a packed one are packed: their order is that of the call.
    pub(super) fn pack_positional<T: Serialize + ?Sized>(
        &mut self,
        argument: &T,
    ) -> Result<bool, serde_json::Error> {
        let Some(packing) = &self.packing else {
            return Ok(false);
        };
        let follows = !packing.args.is_empty();
        if !follows && self.put_positional(|out| Ok(msgpack::write_short(out, argument)))? {
            return Ok(true);
        }
        let mut packed = Vec::new();
        let is_packed = match follows {
            true => msgpack::write(&mut packed, argument).is_ok(),
            false => msgpack::write_worthwhile(&mut packed, argument),
        };
        match &mut self.packing {
            Some(packing) if is_packed => packing.args.push(packed),
            _ if follows => self.unpack()?,
            _ => {}
        }
        Ok(is_packed)
    }

    /// Adds a named argument, as [`pack_positional`](Self::pack_positional).
    pub(super) fn pack_named<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        argument: &T,
    ) -> Result<bool, serde_json::Error> {
        if self.packing.is_none() {
            return Ok(false);
        }
        if self.put_named(name, |out| Ok(msgpack::write_short(out, argument)))? {
            return Ok(true);
        }
        let mut packed = Vec::new();
        let is_packed = msgpack::write_worthwhile(&mut packed, argument);
        if let Some(packing) = self.packing.as_mut().filter(|_| is_packed) {
            packing.kwargs.push((name.to_owned(), packed));
        }
        Ok(is_packed)
    }

    /// Ends the description of a packed call and takes it out; what is left is a call of
    /// the method that stands for it.
    pub(super) fn take_packed(&mut self) -> Option<Vec<u8>> {
        let packing = self.packing.take().filter(|it| !it.is_empty())?;
        self.end_arguments();
        let mut call = self.buffer.split_off(BEGIN.len());
        let args = (&br#","msgpack":["#[..], b']');
        write_all(&mut call, args, &packing.args, |out, argument| {
            write_base64(out, argument);
        });
        let kwargs = (&br#","msgpack_kwargs":{"#[..], b'}');
        write_all(
            &mut call,
            kwargs,
            &packing.kwargs,
            |out, (name, argument)| {
                write_text(out, name);
                out.push(b':');
                write_base64(out, argument);
            },
        );
        call.push(b'}');
        self.buffer.clear();
        self.buffer.extend_from_slice(OUTSIDE);
        Some(call)
    }
}

/// Writes what there is between these, with commas; nothing at all if there is nothing.
fn write_all<T>(
    out: &mut Vec<u8>,
    (open, close): (&[u8], u8),
    all: &[T],
    write: impl Fn(&mut Vec<u8>, &T),
) {
    for (index, one) in all.iter().enumerate() {
        out.extend_from_slice(if index == 0 { open } else { b"," });
        write(out, one);
    }
    if !all.is_empty() {
        out.push(close);
    }
}

fn copied(out: &mut Vec<u8>, json: &str) -> Result<bool, serde_json::Error> {
    out.extend_from_slice(json.as_bytes());
    Ok(true)
}

fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    blob::encode_to(out, bytes);
    out.push(b'"');
}

// ===== reading =====

/// What a request has in MessagePack, borrowed from the message.
#[derive(Debug, Default)]
pub(crate) struct Packed<'a> {
    /// All of it, until it is [read](Request::unpacked).
    pub(super) call: Option<&'a RawValue>,
    pub(crate) args: Option<&'a RawValue>,
    pub(crate) kwargs: Option<&'a RawValue>,
}

object!(PackedCall<'a> {
    name: Text<'a>,
    args: &'a RawValue,
    kwargs: &'a RawValue,
    msgpack: &'a RawValue,
    msgpack_kwargs: &'a RawValue,
});

impl Request<'_> {
    /// The call that is inside of a packed one. What cannot be read stays as it is: a call
    /// of a method that nobody has.
    pub(super) fn unpacked(mut self) -> Self {
        let call = self.packed.call.take().filter(|_| self.method == NAME);
        let call = call.and_then(|call| serde_json::from_str::<PackedCall<'_>>(call.get()).ok());
        if let Some(call) = call
            && let Some(name) = call.name.filter(|name| name.0.len() <= MAX_METHOD_NAME)
        {
            self.method = name.0;
            self.args = call.args;
            self.kwargs = call.kwargs;
            self.packed = Packed {
                call: None,
                args: call.msgpack,
                kwargs: call.msgpack_kwargs,
            };
        }
        self
    }
}

/// The MessagePack of one argument.
///
/// # Errors
///
/// A text that says why it is none.
pub(crate) fn argument(text: &RawValue) -> Result<Vec<u8>, String> {
    let inside = text
        .get()
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'));
    let inside = inside.ok_or("MessagePack is in no base64 text")?;
    blob::decoded(inside.as_bytes()).map_err(|error| format!("MessagePack is no base64: {error}"))
}

#[cfg(test)]
mod tests {
    use std::str;

    use serde_json::{Value, json};

    use super::*;
    use crate::wire::request::Context;

    fn packing() -> RequestWriter {
        let mut writer = RequestWriter::new("train");
        writer.pack();
        writer
    }

    fn context() -> Context<'static> {
        Context {
            id: 7,
            inbox: "q:rpc:{c}".into(),
            ..Context::default()
        }
    }

    /// What would be `args` and `kwargs`, were nothing packed.
    fn arguments(request: &Request<'_>) -> (Vec<Value>, Value) {
        let value = |json: &RawValue| serde_json::from_str(json.get()).unwrap();
        let mut args: Vec<Value> = request.args.map(value).map_or(vec![], |args: Value| {
            args.as_array().cloned().expect("a list")
        });
        let packed = request.packed.args_in_json().unwrap();
        args.extend(packed.iter().map(|it| value(it)));
        let mut kwargs: Value = request.kwargs.map_or(json!({}), value);
        for (name, json) in request.packed.kwargs_in_json().unwrap() {
            kwargs[name] = value(&json);
        }
        (args, kwargs)
    }

    #[test]
    fn a_packed_call_is_one_of_a_method_that_nobody_has() {
        let mut writer = packing();
        let long: Vec<u32> = (0..1000).collect();
        writer.positional(&0.5).unwrap();
        writer.positional(&long).unwrap();
        writer.positional("after").unwrap();
        writer.named("rate", &2).unwrap();
        writer.named("lo\"ng", &long).unwrap();
        assert!(writer.is_packed());
        let bytes = writer.finish(&context());
        let text = str::from_utf8(&bytes).unwrap();
        let begin = r#"{"function_call":{"name":"redisrpc.packed"},"response_queue":"q:rpc:{c}.7","context":{"id":7,"inbox":"q:rpc:{c}"},"packed":{"name":"train","args":[0.5],"kwargs":{"rate":2},"msgpack":["3APo"#;
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains(r#"","pWFmdGVy"],"msgpack_kwargs":{"lo\"ng":"3APo"#));
        assert!(text.ends_with(r#""}}}"#), "{text}");

        let request = Request::read(&bytes).unwrap();
        assert_eq!((request.method(), request.native_id()), ("train", Some(7)));
        let (args, kwargs) = arguments(&request);
        assert_eq!(args, [json!(0.5), json!(long), json!("after")]);
        assert_eq!(kwargs, json!({"rate": 2, "lo\"ng": long}));
        Request::all_ways_agree(&bytes);
        let again = request.again(&bytes);
        let again = Request::read(&again).unwrap();
        assert_eq!((again.method(), again.attempt), ("train", 2));
    }

    #[test]
    fn what_is_short_or_text_stays_as_it_is() {
        let (short, text) = ("x".repeat(1000), "x".repeat(5000));
        let call = |mut writer: RequestWriter| {
            writer.positional(&short).unwrap();
            writer.positional(&text).unwrap();
            writer.positional(&1).unwrap();
            writer.named("k", &short).unwrap();
            writer.named("text", &text).unwrap();
            assert!(!writer.is_packed());
            writer.finish(&context())
        };
        assert_eq!(call(packing()), call(RequestWriter::new("train")));
    }

    #[test]
    fn what_is_unpacked_is_as_if_it_had_never_been_packed() {
        let long = vec![Some(0.1_f32); 1000];
        let call = |mut writer: RequestWriter| {
            writer.positional(&long).unwrap();
            writer.positional("é").unwrap();
            let data = blob::Blob::from(vec![255; 5000]);
            writer.positional(&data).unwrap();
            writer.named("k", &(&long, &data)).unwrap();
            writer.unpack().unwrap();
            writer.positional(&long).unwrap();
            writer.finish(&context())
        };
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(
            text(call(packing())),
            text(call(RequestWriter::new("train")))
        );
    }

    #[test]
    fn what_cannot_be_packed_takes_the_others_with_it() {
        let mut writer = packing();
        writer.positional(&vec![1; 2000]).unwrap();
        writer.positional(&u128::MAX).unwrap();
        writer.positional(&vec![1; 2000]).unwrap();
        assert!(!writer.is_packed());
        let bytes = writer.finish(&context());
        let request = Request::read(&bytes).unwrap();
        let args = request.args.unwrap().get();
        let args: Vec<Box<RawValue>> = serde_json::from_str(args).unwrap();
        assert_eq!(args[1].get(), u128::MAX.to_string());
        assert_eq!(args.len(), 3);
    }

    #[test]
    fn what_json_lacks_is_refused_packed_or_not() {
        let mut long = vec![0.5; 1000];
        long[999] = f64::NAN;
        let mut writer = packing();
        let error = writer.positional(&long).unwrap_err().to_string();
        assert!(error.contains("NaN is not finite"), "{error}");
        assert!(writer.named("k", &long).is_err());
        writer.positional(&1).unwrap();
        let text = String::from_utf8(writer.finish(&context())).unwrap();
        assert!(text.contains(r#""args":[1]}"#), "{text}");
    }

    #[test]
    fn what_cannot_be_unpacked_is_a_method_that_nobody_has() {
        for packed in [
            "null",
            "5",
            "{}",
            r#"{"name":5,"msgpack":[]}"#,
            &format!(r#"{{"name":"{}"}}"#, "m".repeat(257)),
        ] {
            let payload = format!(
                r#"{{"function_call":{{"name":"redisrpc.packed"}},"response_queue":"q:rpc:A","packed":{packed}}}"#
            );
            let request = Request::read(payload.as_bytes()).unwrap();
            assert_eq!(request.method(), NAME, "{packed}");
        }
        // Nor is it one of another method.
        let other =
            br#"{"function_call":{"name":"a"},"response_queue":"q:rpc:A","packed":{"name":"b"}}"#;
        assert_eq!(Request::read(other).unwrap().method(), "a");
    }
}
