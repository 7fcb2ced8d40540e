//! The text of requests and replies in the log, for whoever asks for it twice: of a client
//! or a server, and of a subscriber. It may hold secrets, and strangers write in it.

use std::fmt;

use tracing::Level;

/// What those events are under, and nothing else.
const TARGET: &str = "redisrpc::messages";

/// Most bytes of a message that are logged.
const MOST: usize = 4096;

/// Whether messages are logged. By default they are not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MessageLog(pub(crate) bool);

impl MessageLog {
    /// Whether there is somebody to read what would be logged.
    pub(crate) fn is_read(self) -> bool {
        self.0 && tracing::enabled!(target: TARGET, Level::DEBUG)
    }

    /// Says what happened to a message: `request sent`.
    pub(crate) fn note(self, what: &str, queue: &str, id: Option<u64>, message: &[u8]) {
        if self.is_read() {
            let text = Shown(message);
            tracing::debug!(target: TARGET, queue, id, %text, "{what}");
        }
    }
}

/// A message as it may stand in a log: on one line, and no longer than is of use.
/// Quotes and backslashes are left alone, so that JSON can be read.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, left_out) = self.0.split_at(whole_characters(self.0));
        for chunk in shown.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' | '\'' | '\\' => write!(f, "{character}")?,
                    _ => write!(f, "{}", character.escape_debug())?,
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        match left_out.len() {
            0 => Ok(()),
            more => write!(f, "… ({more} bytes left out)"),
        }
    }
}

/// How many bytes are shown of this: none of a character that is not shown whole.
fn whole_characters(message: &[u8]) -> usize {
    let Some(next) = message.get(MOST) else {
        return message.len();
    };
    let goes_on = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let begun = message[MOST - 3..MOST].iter().rev();
    let begun = begun.take_while(|byte| goes_on(byte)).count();
    if goes_on(next) {
        MOST - begun - 1
    } else {
        MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &[u8]) -> String {
        Shown(message).to_string()
    }

    #[test]
    fn a_message_stays_on_its_line_and_is_else_as_it_is() {
        let json = r#"{"return_value":"it's \"ü\" and \\"}"#;
        assert_eq!(shown(json.as_bytes()), json);
        assert_eq!(shown(b"a\nb\x1b[31m\0"), r"a\nb\u{1b}[31m\0");
        assert_eq!(shown("\u{202e}\u{2028}".as_bytes()), r"\u{202e}\u{2028}");
        assert_eq!(shown(b"a\xff\xfeb"), r"a\xff\xfeb");
        assert_eq!(shown(b""), "");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shown(&[b'x'; MOST]), "x".repeat(MOST));
        let cut = format!("{}… (3 bytes left out)", "x".repeat(MOST));
        assert_eq!(shown(&[b'x'; MOST + 3]), cut);
        for (character, before) in [("ü", 1), ("€", 1), ("€", 2), ("𝄞", 1), ("𝄞", 3)] {
            let long = "x".repeat(MOST - before) + character + "xx";
            let left_out = character.len() + 2;
            let cut = format!("{}… ({left_out} bytes left out)", "x".repeat(MOST - before));
            assert_eq!(shown(long.as_bytes()), cut, "{character} {before}");
        }
        // No character has as many.
        assert!(shown(&[0x80; MOST + 1]).ends_with(r"\x80… (5 bytes left out)"));
    }
}
