//! Both messages, byte by byte. Every row names the place in WIRE where its bytes
//! were seen, or the rule that asks for them.

use std::borrow::Cow;

use serde_json::{json, value::RawValue};

use super::{
    Json,
    reply::{Answer, Reply, reply_id},
    request::{Context, Malformed, Request, RequestWriter},
};
use crate::error::{Fault, FaultCode};

mod properties;

// ===== requests, written =====

struct Written {
    name: &'static str,
    source: &'static str,
    bytes: &'static str,
    write: fn() -> Vec<u8>,
}

const WRITTEN: &[Written] = &[
    Written {
        name: "no arguments, no member for them",
        source: "the format, 3: optional and not sent when empty",
        bytes: r#"{"function_call":{"name":"val"},"response_queue":"calc:rpc:X7Y2US"}"#,
        write: || RequestWriter::new("val").finish_old("calc:rpc:X7Y2US"),
    },
    Written {
        name: "positional arguments",
        source: "what clients send: Ruby and PHP, member order and no whitespace",
        bytes: r#"{"function_call":{"name":"add","args":[5.0]},"response_queue":"calc:rpc:X7Y2US"}"#,
        write: || {
            let mut call = RequestWriter::new("add");
            call.positional(&5.0).unwrap();
            call.finish_old("calc:rpc:X7Y2US")
        },
    },
    Written {
        name: "positional and named arguments",
        source: "the format, 3: the README's own example",
        bytes: r#"{"function_call":{"name":"foo","args":[1,2,3],"kwargs":{"a":4,"b":5}},"response_queue":"calc:rpc:X7Y2US"}"#,
        write: || {
            let mut call = RequestWriter::new("foo");
            // In the order they are added within each kind, whatever comes first.
            call.named("a", &4).unwrap();
            for number in 1..=3 {
                call.positional(&number).unwrap();
            }
            call.named("b", &5).unwrap();
            call.finish_old("calc:rpc:X7Y2US")
        },
    },
    Written {
        name: "named arguments alone",
        source: "what clients send: Python, kwargs only",
        bytes: r#"{"function_call":{"name":"m","kwargs":{"a":null}},"response_queue":"q:rpc:A"}"#,
        write: || {
            let mut call = RequestWriter::new("m");
            call.named("a", &()).unwrap();
            call.finish_old("q:rpc:A")
        },
    },
    Written {
        name: "text is raw UTF-8, with JSON's escapes and no others",
        source: "what clients send: Ruby, non-ASCII, `/` and DEL",
        bytes: "{\"function_call\":{\"name\":\"m\",\"args\":[\"é/\u{2028}\u{7f}😀\\\"\\\\\\n\\u0000\"]},\"response_queue\":\"q:rpc:A\"}",
        write: || {
            let mut call = RequestWriter::new("m");
            call.positional("é/\u{2028}\u{7f}😀\"\\\n\0").unwrap();
            call.finish_old("q:rpc:A")
        },
    },
    Written {
        name: "an argument that cannot be written leaves no trace",
        source: "what clients send: NaN, Infinity are not JSON",
        bytes: r#"{"function_call":{"name":"m","args":[1]},"response_queue":"q:rpc:A"}"#,
        write: || {
            let mut call = RequestWriter::new("m");
            call.positional(&f64::NAN).unwrap_err();
            call.named("a", &[f64::INFINITY]).unwrap_err();
            call.positional(&1).unwrap();
            call.named("b", &f32::NAN).unwrap_err();
            call.finish_old("q:rpc:A")
        },
    },
    Written {
        name: "a native call is a legacy call and one more member",
        source: "what servers answer: extra members are ignored",
        bytes: r#"{"function_call":{"name":"val"},"response_queue":"calc:rpc:{c0ffee}.17","context":{"id":17,"inbox":"calc:rpc:{c0ffee}","deadline":1763836800123,"sent":1763836790123}}"#,
        write: || {
            let context = Context {
                id: 17,
                inbox: Cow::Borrowed("calc:rpc:{c0ffee}"),
                deadline: Some(1_763_836_800_123),
                sent: Some(1_763_836_790_123),
                ..Context::default()
            };
            RequestWriter::new("val").finish(&context)
        },
    },
    Written {
        name: "a native call's flags are there when they are set",
        source: "what servers answer: extra members are ignored",
        bytes: r#"{"function_call":{"name":"clr"},"response_queue":"q:rpc:{c}.0","context":{"id":0,"inbox":"q:rpc:{c}","idempotent":true,"oneway":true,"msgpack":true,"credit":64,"metadata":{"token":"a"}}}"#,
        write: || {
            let context = Context {
                inbox: Cow::Borrowed("q:rpc:{c}"),
                idempotent: true,
                oneway: true,
                msgpack: true,
                credit: Some(64),
                metadata: Some(Json(serde_json::from_str(r#"{"token":"a"}"#).unwrap())),
                ..Context::default()
            };
            RequestWriter::new("clr").finish(&context)
        },
    },
];

#[test]
fn requests_are_written_to_the_byte() {
    for row in WRITTEN {
        let bytes = String::from_utf8((row.write)()).unwrap();
        assert_eq!(bytes, row.bytes, "{} ({})", row.name, row.source);
    }
}

// ===== requests, read =====

/// What is in a request: method, `args`, `kwargs`, response queue.
type Call = (
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
);

struct Read {
    name: &'static str,
    source: &'static str,
    bytes: &'static str,
    call: Call,
}

const READ: &[Read] = &[
    Read {
        name: "Python 3: whitespace, positional and named",
        source: "what clients send: Python 3, m(1, a=2), as monitored",
        bytes: r#"{"function_call": {"name": "m", "args": [1], "kwargs": {"a": 2}}, "response_queue": "q:rpc:JLVLEVMK"}"#,
        call: ("m", Some("[1]"), Some(r#"{"a": 2}"#), "q:rpc:JLVLEVMK"),
    },
    Read {
        name: "Python 3: no arguments",
        source: "what clients send: Python 3, no args member",
        bytes: r#"{"function_call": {"name": "val"}, "response_queue": "calc:rpc:X7Y2USAB"}"#,
        call: ("val", None, None, "calc:rpc:X7Y2USAB"),
    },
    Read {
        name: "Python 2.7: response_queue first, args before name",
        source: "what clients send: Python 2.7, as monitored",
        bytes: r#"{"response_queue": "q:rpc:JLVLEVMK", "function_call": {"args": [5], "name": "m"}}"#,
        call: ("m", Some("[5]"), None, "q:rpc:JLVLEVMK"),
    },
    Read {
        name: "Python 2.7: the order of a hash",
        source: "what clients send: Python 2.7, member order: args, name, kwargs",
        bytes: r#"{"response_queue": "q:rpc:A", "function_call": {"args": [1], "name": "m", "kwargs": {"a": 2}}}"#,
        call: ("m", Some("[1]"), Some(r#"{"a": 2}"#), "q:rpc:A"),
    },
    Read {
        name: "Ruby: an empty list for no arguments",
        source: "what clients send: Ruby, no args, as monitored",
        bytes: r#"{"function_call":{"name":"m","args":[]},"response_queue":"q:rpc:LL176RMU"}"#,
        call: ("m", Some("[]"), None, "q:rpc:LL176RMU"),
    },
    Read {
        name: "Ruby: names such as operators",
        source: "what clients send: Ruby, calls nobody wrote",
        bytes: r#"{"function_call":{"name":"[]=","args":[1,2]},"response_queue":"q:rpc:LL176RMU"}"#,
        call: ("[]=", Some("[1,2]"), None, "q:rpc:LL176RMU"),
    },
    Read {
        name: "Ruby: raw UTF-8",
        source: "what clients send: Ruby, non-ASCII",
        bytes: "{\"function_call\":{\"name\":\"é\u{2028}\",\"args\":[\"é\u{7f}\"]},\"response_queue\":\"q:rpc:A\"}",
        call: ("é\u{2028}", Some("[\"é\u{7f}\"]"), None, "q:rpc:A"),
    },
    Read {
        name: "PHP: args as an object",
        source: "what clients send: PHP 8, m(number: 5), as monitored",
        bytes: r#"{"function_call":{"name":"m","args":{"number":5}},"response_queue":"q:rpc:YFJgeVny"}"#,
        call: ("m", Some(r#"{"number":5}"#), None, "q:rpc:YFJgeVny"),
    },
    Read {
        name: "PHP: an escaped slash in the response queue",
        source: "what clients send: PHP, `/`",
        bytes: r#"{"function_call":{"name":"a\/b","args":["\/"]},"response_queue":"a\/b:rpc:YFJgeVny"}"#,
        call: ("a/b", Some(r#"["\/"]"#), None, "a/b:rpc:YFJgeVny"),
    },
    Read {
        name: "Python and PHP: surrogate pairs",
        source: "what clients send: non-ASCII",
        bytes: r#"{"function_call":{"name":"\u00e9\ud83d\ude00"},"response_queue":"q:rpc:\u0041"}"#,
        call: ("é😀", None, None, "q:rpc:A"),
    },
    Read {
        name: "numbers of every size and form",
        source: "what clients send: 5.0, 1e25, 1e-7, -0.0, 2**64, 2**100",
        bytes: r#"{"function_call":{"name":"m","args":[5,1e+25,1.0e-07,-0,18446744073709551616,1.2676506002282294e+30]},"response_queue":"q:rpc:A"}"#,
        call: (
            "m",
            Some("[5,1e+25,1.0e-07,-0,18446744073709551616,1.2676506002282294e+30]"),
            None,
            "q:rpc:A",
        ),
    },
    Read {
        name: "null for no arguments",
        source: "what servers answer: args null, kwargs null are as if absent",
        bytes: r#"{"function_call":{"name":"m","args":null,"kwargs":null},"response_queue":"q:rpc:A"}"#,
        call: ("m", Some("null"), Some("null"), "q:rpc:A"),
    },
    Read {
        name: "an empty list for no named arguments",
        source: "what clients send: PHP, an empty array is []",
        bytes: r#"{"function_call":{"name":"m","kwargs":[]},"response_queue":"q:rpc:A"}"#,
        call: ("m", None, Some("[]"), "q:rpc:A"),
    },
    Read {
        name: "of duplicate members the last, at both levels",
        source: "what this means for us: duplicate members (last wins)",
        bytes: r#"{"response_queue":"q:rpc:A","function_call":5,"function_call":{"name":"x","name":"m","args":[1],"args":[2],"kwargs":{},"kwargs":null},"response_queue":"q:rpc:B"}"#,
        call: ("m", Some("[2]"), Some("null"), "q:rpc:B"),
    },
    Read {
        name: "extra members at both levels",
        source: "what this means for us: extra members ignored",
        bytes: r#"{"x":[{"name":"no"}],"function_call":{"y":null,"name":"m","response_queue":"no"},"response_queue":"q:rpc:A","z":1e999}"#,
        call: ("m", None, None, "q:rpc:A"),
    },
    Read {
        name: "whitespace wherever JSON has it",
        source: "what this means for us: whitespace or none",
        bytes: " \t\r\n{ \"function_call\" :\n{ \"name\" : \"m\" , \"args\" : [ ] } , \"response_queue\" : \"q:rpc:A\" } \n",
        call: ("m", Some("[ ]"), None, "q:rpc:A"),
    },
    Read {
        name: "an empty name is a name",
        source: "what clients send: names are sent as they are",
        bytes: r#"{"function_call":{"name":""},"response_queue":"q:rpc:A"}"#,
        call: ("", None, None, "q:rpc:A"),
    },
];

#[test]
fn requests_of_old_peers_are_read() {
    for row in READ {
        let at = format!("{} ({})", row.name, row.source);
        let request = Request::read(row.bytes.as_bytes()).expect(&at);
        let call = (
            request.method(),
            request.args.map(RawValue::get),
            request.kwargs.map(RawValue::get),
            &*request.response_queue,
        );
        assert_eq!(call, row.call, "{at}");
        assert_eq!(request.native_id(), None, "{at}");
    }
}

#[test]
fn the_context_of_a_native_request_is_read() {
    let bytes = br#"{"context":{"inbox":"q:rpc:{c}","id":17,"sent":88,"deadline":99,"traceparent":"00-1"},"function_call":{"name":"m"},"response_queue":"q:rpc:{c}.17"}"#;
    let request = Request::read(bytes).unwrap();
    assert_eq!(
        request.context,
        Some(Context {
            id: 17,
            inbox: Cow::Borrowed("q:rpc:{c}"),
            deadline: Some(99),
            sent: Some(88),
            idempotent: false,
            oneway: false,
            msgpack: false,
            credit: None,
            metadata: None,
        })
    );
}

#[test]
fn a_context_that_cannot_be_read_makes_an_old_caller() {
    for context in [
        "null",
        "5",
        "[]",
        "{}",
        r#"{"id":-1,"inbox":"q:rpc:{c}"}"#,
        r#"{"id":1,"inbox":null}"#,
    ] {
        let bytes = format!(
            r#"{{"function_call":{{"name":"m"}},"response_queue":"q:rpc:A","context":{context}}}"#
        );
        let request = Request::read(bytes.as_bytes()).unwrap();
        assert_eq!(request.context, None, "{context}");
        assert_eq!(request.response_queue, "q:rpc:A");
    }
}

// ===== requests, refused =====

struct Refused {
    name: &'static str,
    source: &'static str,
    bytes: &'static [u8],
    response_queue: Option<&'static str>,
    /// How the reason begins; the parser then says where.
    why: &'static str,
}

const NON_NUMBER: &str =
    "the request cannot be read: it holds NaN or Infinity, and JSON has no such numbers";
const NO_QUEUE: &str = "`response_queue` is missing or not a string";

const REFUSED: &[Refused] = &[
    Refused {
        name: "NaN",
        source: "what clients send: Python, NaN",
        bytes: br#"{"function_call": {"name": "m", "args": [NaN]}, "response_queue": "q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: NON_NUMBER,
    },
    Refused {
        name: "both infinities, in Python 2.7's order",
        source: "what clients send: Python, Infinity -Infinity",
        bytes: br#"{"response_queue": "q:rpc:A", "function_call": {"args": [Infinity, {"x": -Infinity}], "name": "m"}}"#,
        response_queue: Some("q:rpc:A"),
        why: NON_NUMBER,
    },
    Refused {
        name: "NaN beside strings with quotes, escapes and the word itself",
        source: "what clients send: Python, NaN",
        bytes: br#"{"function_call": {"name": "m", "args": ["NaN", "a\"NaN\\", "\\\\\"", NaN, "-Infinity"]}, "response_queue": "NaN:rpc:\"NaN\\"}"#,
        response_queue: Some(r#"NaN:rpc:"NaN\"#),
        why: NON_NUMBER,
    },
    Refused {
        name: "NaN and no one to tell",
        source: "what clients send: Python, NaN",
        bytes: br#"{"function_call": {"name": "m", "args": [NaN]}, "response_queue": null}"#,
        response_queue: None,
        why: NON_NUMBER,
    },
    Refused {
        name: "nothing",
        source: "what clients send: PHP, m(NAN), as monitored",
        bytes: b"",
        response_queue: None,
        why: "the request cannot be read: it is empty, which is what old PHP peers make of a value that JSON lacks",
    },
    Refused {
        name: "bytes that are no UTF-8 in an argument",
        source: "what clients send: invalid UTF-8",
        bytes: b"{\"function_call\":{\"name\":\"m\",\"args\":[\"\xff\"]},\"response_queue\":\"q:rpc:A\"}",
        response_queue: Some("q:rpc:A"),
        why: "the request cannot be read: invalid unicode code point",
    },
    Refused {
        name: "bytes that are no UTF-8 in the response queue",
        source: "what clients send: invalid UTF-8",
        bytes: b"{\"function_call\":{\"name\":\"m\"},\"response_queue\":\"q:rpc:\xff\"}",
        response_queue: None,
        why: "the request cannot be read: invalid unicode code point",
    },
    Refused {
        name: "a byte order mark",
        source: "what clients make of a reply: leading BOM is an error",
        bytes: b"\xef\xbb\xbf{\"function_call\":{\"name\":\"m\"},\"response_queue\":\"q:rpc:A\"}",
        response_queue: Some("q:rpc:A"),
        why: "the request cannot be read: expected value",
    },
    Refused {
        name: "half a request",
        source: "what servers answer: bad JSON",
        bytes: br#"{"response_queue":"q:rpc:A","function_call":{"name":"m""#,
        response_queue: None,
        why: "the request cannot be read: EOF while parsing an object",
    },
    Refused {
        name: "a pickle",
        source: "versions: Python master reads pickle when JSON fails",
        bytes: b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x0dfunction_call\x94}\x94s.",
        response_queue: None,
        why: "the request cannot be read: expected value",
    },
    Refused {
        name: "a list",
        source: "the format, 3: a request is an object",
        bytes: br#"["m",[],"q:rpc:A"]"#,
        response_queue: None,
        why: "the request cannot be read: invalid type: sequence, expected an object",
    },
    Refused {
        name: "no response queue",
        source: "what servers answer: response_queue missing",
        bytes: br#"{"function_call":{"name":"m"}}"#,
        response_queue: None,
        why: NO_QUEUE,
    },
    Refused {
        name: "a null response queue",
        source: "what servers answer: response_queue null",
        bytes: br#"{"function_call":{"name":"m"},"response_queue":null}"#,
        response_queue: None,
        why: NO_QUEUE,
    },
    Refused {
        name: "a number for a response queue",
        source: "what servers answer: response_queue 5",
        bytes: br#"{"function_call":{"name":"m"},"response_queue":5}"#,
        response_queue: None,
        why: NO_QUEUE,
    },
    Refused {
        name: "no call",
        source: "what servers answer: function_call missing",
        bytes: br#"{"response_queue":"q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: "`function_call` is missing",
    },
    Refused {
        name: "a call that is no object",
        source: "what servers answer: function_call no object",
        bytes: br#"{"function_call":"m","response_queue":"q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: "`function_call` is not an object",
    },
    Refused {
        name: "no name",
        source: "the format, 3: name is required",
        bytes: br#"{"function_call":{"args":[]},"response_queue":"q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: "`name` is missing from `function_call` or not a string",
    },
    Refused {
        name: "a name that is no string",
        source: "the format, 3: name is required",
        bytes: br#"{"function_call":{"name":["m"]},"response_queue":"q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: "`name` is missing from `function_call` or not a string",
    },
    Refused {
        name: "half a surrogate pair for a name",
        source: "what clients make of a reply: lone surrogate",
        bytes: br#"{"function_call":{"name":"\ud800"},"response_queue":"q:rpc:A"}"#,
        response_queue: Some("q:rpc:A"),
        why: "`name` is missing from `function_call` or not a string",
    },
];

#[test]
fn what_is_no_request_is_refused_and_whoever_can_be_told_is_named() {
    for row in REFUSED {
        let at = format!("{} ({})", row.name, row.source);
        let Malformed {
            response_queue,
            why,
        } = Request::read(row.bytes).unwrap_err();
        assert_eq!(response_queue.as_deref(), row.response_queue, "{at}");
        assert!(why.starts_with(row.why), "{at}: {why}");
    }
}

#[test]
fn a_method_name_is_bounded() {
    let request = |length| RequestWriter::new(&"m".repeat(length)).finish_old("q:rpc:A");
    assert_eq!(Request::read(&request(256)).unwrap().method().len(), 256);
    assert_eq!(
        Request::read(&request(257)).unwrap_err(),
        Malformed {
            response_queue: Some("q:rpc:A".to_owned()),
            why: "the method's name has 257 bytes, more than 256".to_owned(),
        }
    );
}

#[test]
fn nesting_of_any_depth_is_passed_over() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bytes = format!(
        r#"{{"ignored":{deep},"function_call":{{"name":"m","args":{deep}}},"response_queue":"q:rpc:A"}}"#
    );
    let request = Request::read(bytes.as_bytes()).unwrap();
    assert_eq!(request.args.map(|args| args.get().len()), Some(deep.len()));
    let reply = format!(r#"{{"return_value":{deep}}}"#);
    assert!(matches!(
        Answer::read(reply.as_bytes()),
        Ok(Answer::Value(_))
    ));
}

#[test]
fn what_is_no_request_and_very_long_names_nobody_to_tell() {
    let request = |spaces: usize| {
        let spaces = " ".repeat(spaces);
        format!(
            r#"{{"function_call":{{"name":"m","args":[NaN{spaces}]}},"response_queue":"q:rpc:A"}}"#
        )
    };
    let told = |request: String| {
        Request::read(request.as_bytes())
            .unwrap_err()
            .response_queue
    };
    assert_eq!(told(request(15 << 20)).as_deref(), Some("q:rpc:A"));
    assert_eq!(told(request(16 << 20)), None);
}

// ===== replies, written =====

fn fault_with_data() -> Fault {
    let data = RawValue::from_string(r#"{"by":0}"#.to_owned()).unwrap();
    Fault::new(FaultCode::ServiceError, "division by \"0\"").with_data(data)
}

#[test]
fn a_reply_to_an_old_caller_has_exactly_one_member() {
    let value = |value| Reply::value(None, &value).unwrap().0;
    let rows = [
        (value(json!(4.0)), r#"{"return_value":4.0}"#),
        (value(json!(-0.0)), r#"{"return_value":-0.0}"#),
        (value(json!(1e25)), r#"{"return_value":1e+25}"#),
        (value(json!(null)), r#"{"return_value":null}"#),
        (
            value(json!({"a": [1, "é/"]})),
            r#"{"return_value":{"a":[1,"é/"]}}"#,
        ),
        (
            Reply::fault(None, &fault_with_data()).0,
            r#"{"exception":"division by \"0\""}"#,
        ),
        (
            Reply::fault(None, &Fault::new(FaultCode::Panic, "")).0,
            r#"{"exception":"panic"}"#,
        ),
    ];
    for (bytes, expected) in rows {
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}

#[test]
fn a_unit_return_is_null() {
    assert_eq!(
        Reply::value(None, &()).unwrap().0,
        br#"{"return_value":null}"#
    );
}

#[test]
fn a_reply_to_a_native_caller_begins_with_its_id() {
    let value = Reply::value(Some(17), &4.0).unwrap().0;
    assert_eq!(
        String::from_utf8(value).unwrap(),
        r#"{"id":17,"return_value":4.0}"#
    );
    let fault = Reply::fault(Some(0), &fault_with_data()).0;
    assert_eq!(
        String::from_utf8(fault).unwrap(),
        r#"{"id":0,"exception":"division by \"0\"","error":{"code":"service_error","data":{"by":0}}}"#
    );
    let plain = Reply::fault(Some(5), &Fault::new(FaultCode::Overloaded, "too much")).0;
    assert_eq!(
        String::from_utf8(plain).unwrap(),
        r#"{"id":5,"exception":"too much","error":{"code":"overloaded"}}"#
    );
}

#[test]
fn a_value_that_is_not_json_is_no_reply() {
    let text = |error: crate::error::EncodeError| error.to_string();
    assert_eq!(
        Reply::value(None, &f64::NAN).map_err(text).unwrap_err(),
        "the return value cannot be sent: the number NaN is not finite, and JSON has no such number"
    );
    assert_eq!(
        Reply::value(None, &[f32::NEG_INFINITY])
            .map_err(text)
            .unwrap_err(),
        "the return value cannot be sent: the number -inf is not finite, and JSON has no such number"
    );
}

// ===== replies, read =====

#[derive(Debug, PartialEq)]
enum Says {
    Value(&'static str),
    Exception(&'static str),
    /// What is wrong with it, up to where.
    Nothing(&'static str),
}
use Says::{Exception, Nothing, Value};

const ANSWERS: &[(&str, &[u8], Says)] = &[
    // What servers answer.
    (
        "Python: whitespace",
        br#"{"return_value": null}"#,
        Value("null"),
    ),
    (
        "Ruby, PHP: no whitespace",
        br#"{"return_value":null}"#,
        Value("null"),
    ),
    (
        "Python, Ruby: 4.0",
        br#"{"return_value":4.0}"#,
        Value("4.0"),
    ),
    ("PHP: 4.0", br#"{"return_value":4}"#, Value("4")),
    (
        "Python, Ruby: 2**100",
        br#"{"return_value": 1267650600228229401496703205376}"#,
        Value("1267650600228229401496703205376"),
    ),
    (
        "PHP: 2**100",
        br#"{"return_value":1.2676506002282294e+30}"#,
        Value("1.2676506002282294e+30"),
    ),
    (
        "PHP: text",
        br#"{"return_value":"\u00e9\/"}"#,
        Value(r#""\u00e9\/""#),
    ),
    (
        "Python: exception",
        br#"{"exception": "ValueError('boom / \u00e9')"}"#,
        Exception("ValueError('boom / é')"),
    ),
    (
        "Python 2.7: exception",
        br#"{"exception": "ValueError(u'boom / \\xe9',)"}"#,
        Exception(r"ValueError(u'boom / \xe9',)"),
    ),
    (
        "Ruby: exception",
        "{\"exception\":\"boom / é\"}".as_bytes(),
        Exception("boom / é"),
    ),
    (
        "Ruby master: exception with its backtrace",
        br#"{"exception":"boom","backtrace":["calc.rb:1:in `m'"]}"#,
        Exception("boom"),
    ),
    (
        "Python: NaN",
        br#"{"return_value": NaN}"#,
        Nothing("it holds NaN or Infinity, and JSON has no such numbers"),
    ),
    (
        "Python: -Infinity",
        br#"{"return_value": [-Infinity, "NaN"]}"#,
        Nothing("it holds NaN or Infinity, and JSON has no such numbers"),
    ),
    (
        "PHP: an empty string for NaN and for invalid UTF-8",
        b"",
        Nothing("it is empty, which is what old PHP peers make of a value that JSON lacks"),
    ),
    // What clients make of a reply.
    (
        "an extra member",
        br#"{"return_value":1,"extra":{"exception":"no"}}"#,
        Value("1"),
    ),
    (
        "a null exception beside a value, as Python and PHP take it",
        br#"{"exception":null,"return_value":1}"#,
        Value("1"),
    ),
    (
        "an exception beside a value",
        br#"{"exception":"boom","return_value":1}"#,
        Exception("boom"),
    ),
    (
        "an exception without a text, which gets one",
        br#"{"exception":""}"#,
        Exception("exception"),
    ),
    (
        "an exception that is 0, as Python and Ruby take it",
        br#"{"exception":0}"#,
        Exception("0"),
    ),
    (
        "an exception that is false, as Python and Ruby take it",
        br#"{"exception":false,"return_value":1}"#,
        Exception("false"),
    ),
    (
        "an exception that is an object",
        br#"{"exception":{"a": 1}}"#,
        Exception(r#"{"a": 1}"#),
    ),
    (
        "an exception that is a list",
        br#"{"exception":["boom"]}"#,
        Exception(r#"["boom"]"#),
    ),
    (
        "an exception with half a surrogate pair",
        br#"{"exception":"\ud800"}"#,
        Exception(r#""\ud800""#),
    ),
    (
        "neither",
        b"{}",
        Nothing("it has neither `return_value` nor `exception`"),
    ),
    (
        "a null exception alone",
        br#"{"exception":null}"#,
        Nothing("it has neither `return_value` nor `exception`"),
    ),
    (
        "a list",
        b"[1]",
        Nothing("invalid type: sequence, expected an object"),
    ),
    (
        "null",
        b"null",
        Nothing("invalid type: null, expected an object"),
    ),
    (
        "a number",
        b"5",
        Nothing("invalid type: integer `5`, expected an object"),
    ),
    (
        "bad JSON",
        br#"{"return_value":1"#,
        Nothing("EOF while parsing an object"),
    ),
    (
        "int over 2**63",
        br#"{"return_value":9223372036854775808}"#,
        Value("9223372036854775808"),
    ),
    (
        "invalid UTF-8 in a string",
        b"{\"return_value\":\"\xff\"}",
        Nothing("invalid unicode code point"),
    ),
    (
        "a duplicate member: the last",
        br#"{"return_value":1,"return_value":2}"#,
        Value("2"),
    ),
    (
        "a leading BOM",
        b"\xef\xbb\xbf{\"return_value\":1}",
        Nothing("expected value"),
    ),
];

#[test]
fn replies_of_old_servers_are_read_or_refused_with_a_reason() {
    for (name, bytes, expected) in ANSWERS {
        let answer = Answer::read(bytes);
        match (&answer, expected) {
            (Ok(Answer::Value(value)), Value(json)) => assert_eq!(value.get(), *json, "{name}"),
            (Ok(Answer::Fault(fault)), Exception(text)) => {
                assert_eq!(fault.message(), *text, "{name}");
                assert_eq!(fault.code(), FaultCode::Exception, "{name}");
                assert_eq!(fault.data(), None, "{name}");
            }
            (Err(why), Nothing(reason)) => assert!(why.starts_with(reason), "{name}: {why}"),
            _ => panic!("{name}: {answer:?} is not {expected:?}"),
        }
    }
}

#[test]
fn a_native_fault_is_read_with_its_code_and_data() {
    let Ok(Answer::Fault(fault)) = Answer::read(&Reply::fault(Some(1), &fault_with_data()).0)
    else {
        panic!("not a fault");
    };
    assert_eq!(fault, fault_with_data());
}

#[test]
fn a_fault_from_a_newer_or_a_foreign_server_is_an_exception() {
    for error in ["5", "{}", r#"{"code":5}"#, r#"{"code":"from_the_future"}"#] {
        let reply = format!(r#"{{"exception":"boom","error":{error}}}"#);
        let Ok(Answer::Fault(fault)) = Answer::read(reply.as_bytes()) else {
            panic!("{error}");
        };
        assert_eq!(fault, Fault::new(FaultCode::Exception, "boom"), "{error}");
    }
}

#[test]
fn a_reply_belongs_to_the_call_whose_id_it_carries_wherever_it_stands() {
    let rows: &[(&str, Option<u64>)] = &[
        (r#"{"id":17,"return_value":4.0}"#, Some(17)),
        (r#"{ "return_value" : 4.0 , "id" : 17 }"#, Some(17)),
        (r#"{"id":0}"#, Some(0)),
        (
            r#"{"id":18446744073709551615,"return_value":1}"#,
            Some(u64::MAX),
        ),
        (r#"{"id":18446744073709551616,"return_value":1}"#, None),
        (r#"{"id":17.5,"return_value":1}"#, None),
        (r#"{"id":17e1,"return_value":1}"#, None),
        (r#"{"id":-17,"return_value":1}"#, None),
        (r#"{"id":"17","return_value":1}"#, None),
        (r#"{"id":null,"return_value":1}"#, None),
        (r#"{"id":,"return_value":1}"#, None),
        (r#"{"id":007,"return_value":1}"#, None),
        (r#"{"return_value":1}"#, None),
        (r#"{"id":17"#, None),
        ("17", None),
        ("", None),
    ];
    for (reply, id) in rows {
        assert_eq!(reply_id(reply.as_bytes()), *id, "{reply}");
    }
}
