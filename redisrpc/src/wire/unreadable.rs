//! Messages that are no JSON: what is wrong with them, and what of them can be read.
//!
//! Old Python peers write `NaN`, `Infinity` and `-Infinity`, and old PHP peers
//! write nothing at all for a value that JSON lacks (WIRE, "what clients send",
//! "what servers answer"). Both deserve a better text than the parser's.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// Why a message is no JSON, in words for whoever wrote it.
pub(super) fn reason(message: &[u8], error: &serde_json::Error) -> String {
    if message.is_empty() {
        return "it is empty, which is what old PHP peers make of a value that JSON lacks"
            .to_owned();
    }
    let mended = mended(message);
    if mended.non_numbers && serde_json::from_str::<IgnoredAny>(&mended.json).is_ok() {
        return "it holds NaN or Infinity, and JSON has no such numbers".to_owned();
    }
    error.to_string()
}

/// A message with the known faults of old peers put right.
pub(super) struct Mended {
    pub(super) json: String,
    /// Whether there was a `NaN` or an `Infinity`; there is now a null.
    non_numbers: bool,
    /// Whether some bytes were no text; there are now replacement characters.
    pub(super) replaced_bytes: bool,
}

pub(super) fn mended(message: &[u8]) -> Mended {
    let text = String::from_utf8_lossy(message);
    let without_bom = text.trim_start_matches('\u{feff}');
    let json = without_non_numbers(without_bom);
    Mended {
        non_numbers: json != without_bom,
        replaced_bytes: matches!(text, Cow::Owned(_)),
        json,
    }
}

/// The text with `NaN` and `Infinity` outside of strings replaced by null.
fn without_non_numbers(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (outside, string) = rest.split_at(quote);
        let (string, after) = string.split_at(end_of_string(string));
        mended.push_str(&null_for_non_numbers(outside));
        mended.push_str(string);
        rest = after;
    }
    mended.push_str(&null_for_non_numbers(rest));
    mended
}

fn null_for_non_numbers(json: &str) -> String {
    json.replace("-Infinity", "null")
        .replace("Infinity", "null")
        .replace("NaN", "null")
}

/// Length of the JSON string that `text` begins with, quotes included.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}
