//! Any bytes as MessagePack: as an argument, and as what a method returned. The input is one
//! byte that chooses the method, and the MessagePack.

#![no_main]

mod everything;

use std::collections::HashMap;

use redisrpc::{__private::fuzz, Blob};
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((choice, msgpack)) = input.split_first() else {
        return;
    };
    let methods = [
        "any", "shapes", "lent", "bytes", "numbers", "rest", "defaults",
    ];
    let method = methods[usize::from(*choice) % methods.len()];
    let base64 = serde_json::to_string(&Blob::from(msgpack)).expect("a text");
    for arguments in [
        format!(r#""msgpack":[{base64},{base64}]"#),
        format!(r#""args":[0],"msgpack":[{base64}],"msgpack_kwargs":{{"data":{base64}}}"#),
    ] {
        let request = format!(
            r#"{{"function_call":{{"name":"redisrpc.packed"}},"response_queue":"q:rpc:A","packed":{{"name":"{method}",{arguments}}}}}"#
        );
        fuzz::read_request(request.as_bytes());
        everything::check(request.as_bytes());
    }
    let reply = [br#"{"id":1,"msgpack":"#, msgpack].concat();
    fuzz::read_reply(&reply);
    fuzz::decode_reply::<()>(&reply);
    fuzz::decode_reply::<Blob>(&reply);
    fuzz::decode_reply::<Option<String>>(&reply);
    fuzz::decode_reply::<HashMap<String, i64>>(&reply);
    fuzz::decode_reply::<Value>(&reply);
});
