//! Any text as a broker's address, and as a reply list. An error never shows a
//! password.

#![no_main]

use redisrpc::__private::fuzz;

const PASSWORD: &str = "hunter2";

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = fuzz::read_address(text);
    let secret = format!("redis://user:{PASSWORD}@{text}");
    if let Err(error) = fuzz::read_address(&secret) {
        let error = error.to_string();
        assert!(
            !error.contains(PASSWORD) || text.contains(PASSWORD),
            "{error}"
        );
    }
    let (is_reply_list, call) = fuzz::reply_list("calc", text);
    assert!(!is_reply_list || text.starts_with("calc:rpc:") && text.len() <= 1024);
    assert!(call.is_none() || text.contains(":rpc:{c0ffee}."));
});
