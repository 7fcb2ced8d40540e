//! Messages that are no JSON: what is wrong with them, and what of them can be read.
//!
//! Old Python peers write `NaN`, `Infinity` and `-Infinity`, and old PHP peers
//! write nothing at all for a value that JSON lacks (WIRE, "what clients send",
//! "what servers answer"). Both deserve a better text than the parser's.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// Longest message that is mended, in bytes: as long as a request may be unless
/// something else is said. What is no JSON and longer is a stranger's.
const LONGEST: usize = 16 * 1024 * 1024;

/// What stands for numbers that JSON lacks.
const NON_NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Why a message is no JSON, in words for whoever wrote it.
pub(super) fn reason(message: &[u8], mended: &Mended, error: &serde_json::Error) -> String {
    if message.is_empty() {
        return "it is empty, which is what old PHP peers make of a value that JSON lacks"
            .to_owned();
    }
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

/// The message mended, or nothing if it is too long for that.
pub(super) fn mended(message: &[u8]) -> Mended {
    let message = if message.len() > LONGEST {
        &[]
    } else {
        message
    };
    let text = String::from_utf8_lossy(message);
    let without_bom = text.trim_start_matches('\u{feff}');
    let json = without_non_numbers(without_bom);
    Mended {
        non_numbers: json != without_bom,
        replaced_bytes: matches!(text, Cow::Owned(_)),
        json,
    }
}

/// The text with `NaN` and `Infinity` outside of strings replaced by null, in one
/// pass: a stranger may have written millions of strings.
fn without_non_numbers(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '-', 'I', 'N']) {
        let (before, from) = rest.split_at(at);
        let non_number = NON_NUMBERS.iter().find(|word| from.starts_with(**word));
        let (kept, length) = match non_number {
            Some(word) => ("null", word.len()),
            None => {
                let end = end_of_string_or_byte(from);
                (&from[..end], end)
            }
        };
        mended.push_str(before);
        mended.push_str(kept);
        rest = &from[length..];
    }
    mended.push_str(rest);
    mended
}

/// Length of the JSON string that `text` begins with, quotes included; 1 if it
/// begins with none.
fn end_of_string_or_byte(text: &str) -> usize {
    if !text.starts_with('"') {
        return 1;
    }
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
