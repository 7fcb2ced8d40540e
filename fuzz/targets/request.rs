//! Any bytes as a request: its ways of reading agree, and none panics.

#![no_main]

use redisrpc::__private::fuzz;

libfuzzer_sys::fuzz_target!(|payload: &[u8]| fuzz::read_request(payload));
