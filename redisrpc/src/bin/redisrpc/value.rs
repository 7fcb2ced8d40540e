//! Arguments of calls, as they are typed.

use redisrpc::DynamicCall;
use serde_json::value::{RawValue, to_raw_value};

/// Arguments of a call, in the order they are given.
#[derive(Debug, Clone)]
pub(crate) struct Values(Vec<(Option<String>, Box<RawValue>)>);

impl Values {
    /// Reads them: JSON where it is JSON, else a text; `name=value` has a name.
    pub(crate) fn read(words: &[String]) -> Self {
        let value = |word: &String| match named(word) {
            Some((name, value)) => (Some(name.to_owned()), json_or_text(value)),
            None => (None, json_or_text(word)),
        };
        Self(words.iter().map(value).collect())
    }

    /// Takes them as they are: texts.
    pub(crate) fn texts(words: &[String]) -> Self {
        Self(words.iter().map(|word| (None, text(word))).collect())
    }

    /// Adds them to a call.
    pub(crate) fn add_to(&self, call: DynamicCall) -> DynamicCall {
        self.0.iter().fold(call, |call, (name, value)| match name {
            Some(name) => call.named(name, value),
            None => call.arg(value),
        })
    }
}

/// The parts of `name=value`, where the name is one that a method's argument can have.
fn named(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_name = starts && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

fn json_or_text(word: &str) -> Box<RawValue> {
    RawValue::from_string(word.trim().to_owned()).unwrap_or_else(|_| text(word))
}

fn text(word: &str) -> Box<RawValue> {
    to_raw_value(word).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> (Option<String>, String) {
        let Values(mut values) = Values::read(&[word.to_owned()]);
        let (name, value) = values.remove(0);
        (name, value.get().to_owned())
    }

    #[test]
    fn a_word_is_json_or_a_text_and_may_have_a_name() {
        for (word, name, value) in [
            ("5", None, "5"),
            ("-5", None, "-5"),
            ("hello", None, r#""hello""#),
            (r#""5""#, None, r#""5""#),
            (r#"[1, "a"]"#, None, r#"[1, "a"]"#),
            ("12345678901234567890123", None, "12345678901234567890123"),
            ("a=5", Some("a"), "5"),
            ("a=", Some("a"), r#""""#),
            ("a=b=c", Some("a"), r#""b=c""#),
            (r#""a=b""#, None, r#""a=b""#),
            ("1=2", None, r#""1=2""#),
            ("a-b=2", None, r#""a-b=2""#),
            (r#"{"a":"b=c"}"#, None, r#"{"a":"b=c"}"#),
            ("", None, r#""""#),
        ] {
            let expected = (name.map(str::to_owned), value.to_owned());
            assert_eq!(read(word), expected, "{word}");
        }
    }
}
