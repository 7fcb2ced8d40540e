//! Any bytes as Redis' answers: they are read alike in whichever pieces they come.

#![no_main]

use redisrpc::__private::fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::read_answers(bytes));
