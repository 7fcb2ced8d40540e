//! Calls of a service with arguments of many kinds. The input is a method's name,
//! its `args` and its `kwargs`, each on a line of its own.

#![no_main]

mod everything;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines = input.splitn(3, '\n');
    let Some(method) = lines.next() else { return };
    let (args, kwargs) = (lines.next(), lines.next());
    let mut call = format!(r#"{{"name":"{method}""#);
    for (member, json) in [("args", args), ("kwargs", kwargs)] {
        if let Some(json) = json.filter(|json| !json.is_empty()) {
            call += &format!(r#","{member}":{json}"#);
        }
    }
    let request = format!(r#"{{"function_call":{call}}},"response_queue":"q:rpc:A"}}"#);
    everything::check(request.as_bytes());
});
