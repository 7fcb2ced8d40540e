//! What holds for every message: what is written is read back, and nothing that
//! is read makes the reader panic.

use std::borrow::Cow;

use proptest::{collection::vec, prelude::*};
use serde::Deserialize as _;
use serde_json::{Value, value::RawValue};

#[cfg(feature = "msgpack")]
use super::super::msgpack;
use super::super::{
    Json, names,
    reply::{Answer, Reply, reply_id},
    request::{Context, Request, RequestWriter},
};
use crate::error::{Fault, FaultCode};

/// Any JSON without numbers that are not finite.
fn json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        finite().prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn finite() -> impl Strategy<Value = f64> {
    any::<u64>()
        .prop_map(f64::from_bits)
        .prop_filter("finite", |number| number.is_finite())
}

const METADATA: &str = r#"{"token":"a\"}b","n":5}"#;

fn context() -> impl Strategy<Value = Context<'static>> {
    let times = (any::<Option<u64>>(), any::<Option<u64>>());
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<Option<u64>>(),
        any::<bool>(),
    );
    (any::<u64>(), any::<String>(), times, flags).prop_map(
        |(id, inbox, (deadline, sent), (idempotent, oneway, msgpack, credit, metadata))| Context {
            id,
            inbox: Cow::Owned(inbox),
            deadline,
            sent,
            idempotent,
            oneway,
            msgpack,
            credit,
            metadata: metadata.then(|| Json(serde_json::from_str(METADATA).unwrap())),
        },
    )
}

fn written(
    method: &str,
    args: &[Value],
    kwargs: &[(String, Value)],
    response_queue: &str,
    context: Option<&Context<'_>>,
) -> Vec<u8> {
    let mut writer = RequestWriter::new(method);
    for argument in args {
        writer.positional(argument).unwrap();
    }
    for (name, argument) in kwargs {
        writer.named(name, argument).unwrap();
    }
    match context {
        Some(context) => writer.finish(context),
        None => writer.finish_old(response_queue),
    }
}

fn value_of(raw: Option<&RawValue>) -> Option<Value> {
    raw.map(|raw| serde_json::from_str(raw.get()).unwrap())
}

/// Pieces of messages, whole and broken, as an attacker might put them together.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            r#"{"function_call":"#,
            r#"{"name":"m"}"#,
            r#"{"name":"m","args":[1],"kwargs":{"a":2}}"#,
            r#","response_queue":"q:rpc:A""#,
            r#","context":{"id":1,"inbox":"q:rpc:{c}"}"#,
            r#"{"return_value":"#,
            r#"{"exception":"#,
            r#"{"id":17,"#,
            "\"",
            "\\",
            "\\u",
            "d800",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "null",
            "NaN",
            "-Infinity",
            "1e9999",
            "\u{feff}",
            "é",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A request, then bytes of it overwritten, put in or taken out.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let request = (
        any::<String>(),
        vec(json(), 0..3),
        "q:rpc:[ -~é\u{fffd}]{0,8}",
    )
        .prop_map(|(method, args, queue)| written(&method, &args, &[], &queue, None));
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b"\"\\{}[],:uN\xff".to_vec()),
    ];
    let edits = vec((any::<prop::sample::Index>(), byte, 0..3_u8), 1..8);
    (request, edits).prop_map(|(mut bytes, edits)| {
        for (index, byte, edit) in edits {
            let index = index.index(bytes.len() + 1);
            match edit {
                0 => bytes.insert(index, byte),
                1 if index < bytes.len() => bytes[index] = byte,
                _ if index < bytes.len() => drop(bytes.remove(index)),
                _ => bytes.extend_from_slice(b"NaN"),
            }
        }
        bytes
    })
}

/// Whether some string in the payload reads as this text.
fn holds_string(payload: &[u8], text: &str) -> bool {
    let starts = payload
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'"');
    starts.map(|(start, _)| &payload[start..]).any(|rest| {
        let mut reader = serde_json::Deserializer::from_slice(rest);
        String::deserialize(&mut reader).is_ok_and(|string| string == text)
    })
}

/// Reads a message as each of the things it could be.
fn read_as_anything(payload: &[u8]) -> Result<(), TestCaseError> {
    let _ = (Answer::read(payload), reply_id(payload));
    let queue = match Request::read(payload) {
        Ok(request) => Some(request.response_queue.into_owned()),
        Err(malformed) => {
            prop_assert!(!malformed.why.is_empty());
            malformed.response_queue
        }
    };
    if let Some(queue) = queue {
        prop_assert!(holds_string(payload, &queue), "{queue:?} is not in it");
    }
    Ok(())
}

/// A request of a native client, with one byte changed, doubled or gone.
fn spoilt_native() -> impl Strategy<Value = Vec<u8>> {
    let name = "[a-z\"\\\\é]{1,6}";
    let request = (name, vec(json(), 0..3), context())
        .prop_map(|(method, args, context)| written(&method, &args, &[], "", Some(&context)));
    (request, any::<prop::sample::Index>(), any::<u8>(), 0..4_u8).prop_map(
        |(mut request, index, byte, change)| {
            let at = index.index(request.len());
            match change {
                0 => request[at] = byte,
                1 => request.insert(at, request[at]),
                2 => _ = request.remove(at),
                _ => {}
            }
            request
        },
    )
}

proptest! {
    #[test]
    fn a_request_is_read_as_it_was_written(
        method in "\\PC{0,64}",
        args in vec(json(), 0..4),
        kwargs in prop::collection::btree_map(any::<String>(), json(), 0..4),
        response_queue in any::<String>(),
        context in prop::option::of(context()),
    ) {
        let kwargs: Vec<_> = kwargs.into_iter().collect();
        let bytes = written(&method, &args, &kwargs, &response_queue, context.as_ref());
        let request = Request::read(&bytes).unwrap();
        prop_assert_eq!(request.method(), method);
        prop_assert_eq!(value_of(request.args), (!args.is_empty()).then(|| Value::from(args)));
        let object = (!kwargs.is_empty()).then(|| Value::Object(kwargs.into_iter().collect()));
        prop_assert_eq!(value_of(request.kwargs), object);
        let response_queue = match &context {
            Some(context) => names::own_queue(&context.inbox, context.id),
            None => response_queue,
        };
        prop_assert_eq!(request.response_queue, response_queue);
        prop_assert_eq!(request.context, context);
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn a_value_is_the_same_in_messagepack(value in json()) {
        let mut packed = Vec::new();
        msgpack::write(&mut packed, &value).unwrap();
        prop_assert_eq!(msgpack::read::<Value>(&packed).unwrap(), value.clone());
        let json = msgpack::to_json(&packed).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn whatever_is_said_to_be_messagepack_is_read_or_refused(bytes in vec(any::<u8>(), 0..64)) {
        let read = msgpack::read::<Value>(&bytes).is_ok();
        // What has no equal in JSON is more than can be read as JSON's values.
        prop_assert!(!read || msgpack::to_json(&bytes).is_ok());
    }

    #[test]
    fn a_short_way_of_reading_reads_what_the_long_way_does(payload in prop_oneof![soup(), mutated(), spoilt_native()]) {
        Request::all_ways_agree(&payload);
    }

    #[test]
    fn a_value_is_read_as_it_was_replied(id in any::<Option<u64>>(), value in json()) {
        let reply = Reply::value(id, &value).unwrap().0;
        prop_assert_eq!(reply_id(&reply), id);
        let Ok(Answer::Value(read)) = Answer::read(&reply) else {
            return Err(TestCaseError::fail("not a value"));
        };
        prop_assert_eq!(value_of(Some(read)), Some(value));
    }

    #[test]
    fn a_fault_is_read_as_it_was_replied(id in any::<u64>(), text in any::<String>(), data in json()) {
        let data = RawValue::from_string(data.to_string()).unwrap();
        let fault = Fault::new(FaultCode::ServiceError, text).with_data(data);
        let reply = Reply::fault(Some(id), &fault).0;
        prop_assert_eq!(reply_id(&reply), Some(id));
        let Ok(Answer::Fault(read)) = Answer::read(&reply) else {
            return Err(TestCaseError::fail("not a fault"));
        };
        prop_assert_eq!(read, fault);
    }

    #[test]
    fn a_number_keeps_every_bit(number in finite()) {
        let reply = Reply::value(None, &number).unwrap().0;
        let Ok(Answer::Value(read)) = Answer::read(&reply) else {
            return Err(TestCaseError::fail("not a value"));
        };
        let read: f64 = serde_json::from_str(read.get()).unwrap();
        prop_assert_eq!(read.to_bits(), number.to_bits(), "{} {}", read, number);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(payload in vec(any::<u8>(), 0..64)) {
        read_as_anything(&payload)?;
    }

    #[test]
    fn no_pieces_of_messages_make_a_reader_panic(payload in soup()) {
        read_as_anything(&payload)?;
    }

    #[test]
    fn a_spoilt_request_is_read_or_refused_and_names_no_queue_of_its_own_making(payload in mutated()) {
        read_as_anything(&payload)?;
    }
}
