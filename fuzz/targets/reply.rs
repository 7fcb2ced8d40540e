//! Any bytes as a reply, decoded as a few types: its ways of reading agree, and
//! none panics.

#![no_main]

use std::collections::HashMap;

use redisrpc::__private::fuzz::{decode_reply, read_reply};
use serde::Deserialize;
use serde_json::Value;

/// A type whose values nest as deep as its message does.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tree {
    #[expect(dead_code, reason = "it is only decoded")]
    Inner(Vec<Tree>),
    #[expect(dead_code, reason = "it is only decoded")]
    Leaf(u8),
}

libfuzzer_sys::fuzz_target!(|payload: &[u8]| {
    read_reply(payload);
    decode_reply::<()>(payload);
    decode_reply::<f64>(payload);
    decode_reply::<Option<String>>(payload);
    decode_reply::<HashMap<String, i64>>(payload);
    decode_reply::<Tree>(payload);
    decode_reply::<Value>(payload);
});
