//! A stream: a reply that comes in parts, on the list where the reply would come.
//!
//! ```text
//! {"id":17,"part":0,"server":"3f…","items":[1,2]}
//! {"id":17,"part":1,"items":[3]}
//! {"id":17,"part":2,"return_value":[4,5]}
//! ```
//!
//! The last part is an ordinary reply with what is left, or with what went wrong. So a
//! stream that fits into one part is a list to whoever knows of no streams, and a list
//! is a stream to a caller that does. Parts may overtake each other when a connection
//! breaks, and come twice: they are numbered. One without items says that the server is
//! still there, and how many parts there were.

use std::str;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    raw::{Text, object},
    request::{Rest, write_text},
    value,
};

/// What a caller tells a server of one call: that it gives it up, or how many items it
/// takes in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told<'a> {
    GivenUp { call: &'a str },
    Credit { call: &'a str, items: u64 },
}

impl<'a> Told<'a> {
    /// Reads what was written by [`credit`], or the name of a call.
    pub(crate) fn read(message: &'a [u8]) -> Option<Self> {
        let message = str::from_utf8(message).ok()?;
        // No call's name ends in a blank and digits.
        let credit = message
            .rsplit_once(' ')
            .and_then(|(call, items)| Some((call, items.parse().ok()?)));
        Some(match credit {
            Some((call, items)) => Self::Credit { call, items },
            None => Self::GivenUp { call: message },
        })
    }
}

/// What tells a server that the caller of this call takes so many items in all.
pub(crate) fn credit(call: &str, items: u64) -> Vec<u8> {
    format!("{call} {items}").into_bytes()
}

/// Items being put together to a part.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// The inside of the list.
    json: Vec<u8>,
    pub(crate) count: u64,
}

impl Items {
    /// Adds one; one that cannot be written leaves no trace.
    pub(crate) fn add<T: Serialize>(&mut self, item: &T) -> Result<(), serde_json::Error> {
        let before = self.json.len();
        if self.count > 0 {
            self.json.push(b',');
        }
        let written = value::write(&mut self.json, item);
        match written {
            Ok(()) => self.count += 1,
            Err(_) => self.json.truncate(before),
        }
        written
    }

    /// The size of what there is, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.json.len()
    }

    /// One more part; `server` is who sends it, if that is to be said.
    pub(crate) fn part(&mut self, id: u64, number: u64, server: Option<&str>) -> Vec<u8> {
        let mut part = format!(r#"{{"id":{id},"part":{number},"#).into_bytes();
        if let Some(server) = server {
            part.extend_from_slice(br#""server":"#);
            write_text(&mut part, server);
            part.push(b',');
        }
        part.extend_from_slice(br#""items":["#);
        self.end(part)
    }

    /// The last part: a reply to whoever asked, with a number if others came before it.
    pub(crate) fn reply(&mut self, id: Option<u64>, number: u64) -> Vec<u8> {
        let mut reply = b"{".to_vec();
        if let Some(id) = id {
            reply.extend_from_slice(format!(r#""id":{id},"#).as_bytes());
            if number > 0 {
                reply.extend_from_slice(format!(r#""part":{number},"#).as_bytes());
            }
        }
        reply.extend_from_slice(br#""return_value":["#);
        self.end(reply)
    }

    fn end(&mut self, mut part: Vec<u8>) -> Vec<u8> {
        part.append(&mut self.json);
        part.extend_from_slice(b"]}");
        self.count = 0;
        part
    }
}

object!(PartMembers<'a> {
    part: u64,
    server: Text<'a>,
    items: &'a RawValue,
});

/// A part of a stream, borrowed from its message.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) number: u64,
    pub(crate) server: Option<Text<'a>>,
    /// Its items as a JSON list; `None` in a reply, which is the last part.
    pub(crate) items: Option<&'a str>,
}

impl<'a> Part<'a> {
    /// Reads a part, or a reply as the last. What cannot be read is one with
    /// everything missing: it is for whoever reads replies to say so.
    ///
    /// Items that [`Items::part`] wrote are not looked into.
    pub(crate) fn read(message: &'a [u8]) -> Self {
        Self::read_native(message).unwrap_or_else(|| Self::read_closely(message))
    }

    /// Reads a part in the very form that [`Items::part`] gives it; what follows the
    /// items, if something does, is taken for theirs.
    fn read_native(message: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(str::from_utf8(message).ok()?);
        rest.skip(r#"{"id":"#)?;
        rest.number()?;
        rest.skip(r#","part":"#)?;
        let number = rest.number()?;
        let server = match rest.skip(r#","server":""#) {
            Some(()) => Some(Text::from(rest.text()?)),
            None => None,
        };
        rest.skip(r#","items":"#)?;
        Some(Self {
            number,
            server,
            items: Some(rest.0.strip_suffix('}')?),
        })
    }

    /// As [`read`](Self::read), whatever form it has.
    pub(crate) fn read_closely(message: &'a [u8]) -> Self {
        let members: PartMembers<'a> = serde_json::from_slice(message).unwrap_or_default();
        Self {
            number: members.part.unwrap_or_default(),
            server: members.server,
            items: members.items.map(RawValue::get),
        }
    }

    /// Whether it brings nothing but the word that the server is still there.
    pub(crate) fn is_empty(&self) -> bool {
        self.items == Some("[]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_is_told_is_read_as_it_was_written() {
        let call = "my calc 5:rpc:{c0ffee}.17";
        let credit = credit(call, 512);
        assert_eq!(Told::read(&credit), Some(Told::Credit { call, items: 512 }));
        assert_eq!(Told::read(call.as_bytes()), Some(Told::GivenUp { call }));
        assert_eq!(Told::read(b"\xff 5"), None);
    }

    #[test]
    fn parts_are_read_as_they_were_written() {
        let mut items = Items::default();
        items.add(&1).unwrap();
        assert!(items.add(&f64::NAN).is_err());
        items.add(&"zwei").unwrap();
        assert_eq!((items.count, items.size()), (2, 8));
        let part = items.part(17, 3, Some("b\"e"));
        assert_eq!(
            str::from_utf8(&part).unwrap(),
            r#"{"id":17,"part":3,"server":"b\"e","items":[1,"zwei"]}"#
        );
        let read = Part::read(&part);
        assert_eq!((read.number, read.items), (3, Some(r#"[1,"zwei"]"#)));
        assert_eq!(read.server.as_ref().map(Text::as_str), Some("b\"e"));
        assert!(!read.is_empty());
        let empty = items.part(17, 4, None);
        assert!(Part::read(&empty).is_empty());
    }

    #[test]
    fn a_part_of_another_form_is_read_too() {
        let native = r#"{"id":17,"part":3,"server":"be","items":[1,{"a":"}"}]}"#;
        for (message, after) in [
            (native, ""),
            (
                r#"{"part":3,"id":17,"items":[1,{"a":"}"}],"server":"be"}"#,
                "",
            ),
            (
                r#"{"id":17,"part":3,"server":"be","items":[1,{"a":"}"}],"more":{}}"#,
                r#","more":{}"#,
            ),
        ] {
            let (read, closely) = (
                Part::read(message.as_bytes()),
                Part::read_closely(message.as_bytes()),
            );
            for part in [&read, &closely] {
                assert_eq!(
                    (part.number, part.server.as_ref().map(Text::as_str)),
                    (3, Some("be"))
                );
            }
            let items = r#"[1,{"a":"}"}]"#;
            assert_eq!(closely.items, Some(items), "{message}");
            assert_eq!(read.items, Some(&*format!("{items}{after}")), "{message}");
        }
    }

    #[test]
    fn the_last_part_is_a_reply() {
        let reply = |id, number| {
            let mut items = Items::default();
            items.add(&1).unwrap();
            String::from_utf8(items.reply(id, number)).unwrap()
        };
        assert_eq!(reply(None, 0), r#"{"return_value":[1]}"#);
        assert_eq!(reply(Some(17), 0), r#"{"id":17,"return_value":[1]}"#);
        let last = reply(Some(17), 2);
        assert_eq!(last, r#"{"id":17,"part":2,"return_value":[1]}"#);
        let last = Part::read(last.as_bytes());
        assert_eq!((last.number, last.items), (2, None));
        assert_eq!(Part::read(b"no JSON").number, 0);
    }
}
