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
//! still there, and how many parts there were. A caller that reads MessagePack may get the
//! items of a part as a list in that, to the end of the part: `{"id":17,"part":1,"msgpack":…`.

use std::str;

use serde::Serialize;
#[cfg(feature = "msgpack")]
use serde::ser::Error as _;
use serde_json::value::RawValue;

#[cfg(feature = "msgpack")]
use super::msgpack;
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
    inside: Vec<u8>,
    pub(crate) count: u64,
    /// Whether that is MessagePack.
    #[cfg(feature = "msgpack")]
    is_packed: bool,
}

impl Items {
    /// Adds one; one that cannot be written leaves no trace.
    pub(crate) fn add<T: Serialize>(&mut self, item: &T) -> Result<(), serde_json::Error> {
        #[cfg(feature = "msgpack")]
        if self.is_packed && self.add_packed(item)? {
            return Ok(());
        }
        let before = self.inside.len();
        if self.count > 0 {
            self.inside.push(b',');
        }
        let written = value::write(&mut self.inside, item);
        match written {
            Ok(()) => self.count += 1,
            Err(_) => self.inside.truncate(before),
        }
        written
    }

    /// From now on they are packed, if there are none.
    #[cfg(feature = "msgpack")]
    pub(crate) fn pack(&mut self) {
        self.is_packed = self.count == 0;
    }

    /// Whether there are some that are packed.
    #[cfg(feature = "msgpack")]
    pub(crate) fn is_packed(&self) -> bool {
        self.is_packed && self.count > 0
    }

    /// Adds one to those that are packed; if that cannot be, all are JSON again.
    #[cfg(feature = "msgpack")]
    fn add_packed<T: Serialize>(&mut self, item: &T) -> Result<bool, serde_json::Error> {
        let before = self.inside.len();
        if msgpack::write(&mut self.inside, item).is_ok() {
            self.count += 1;
            return Ok(true);
        }
        self.inside.truncate(before);
        let mut list = self.packed_list();
        let json = msgpack::to_json(&list);
        let Ok(json) = json else {
            // They leave as they are, without this one.
            self.inside = list.split_off(LIST);
            return Err(serde_json::Error::custom(
                "items before it can be no JSON, and it can be nothing else",
            ));
        };
        self.inside = json.as_bytes()[1..json.len() - 1].to_vec();
        self.is_packed = false;
        Ok(false)
    }

    /// Those that are packed, as a list.
    #[cfg(feature = "msgpack")]
    fn packed_list(&mut self) -> Vec<u8> {
        let count = u32::try_from(self.count).expect("a part is short");
        let mut list = vec![0xdd];
        list.extend_from_slice(&count.to_be_bytes());
        debug_assert_eq!(list.len(), LIST);
        list.append(&mut self.inside);
        list
    }

    /// The size of what there is, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.inside.len()
    }

    /// One more part; `server` is who sends it, if that is to be said.
    pub(crate) fn part(&mut self, id: u64, number: u64, server: Option<&str>) -> Vec<u8> {
        let mut part = format!(r#"{{"id":{id},"part":{number},"#).into_bytes();
        if let Some(server) = server {
            part.extend_from_slice(br#""server":"#);
            write_text(&mut part, server);
            part.push(b',');
        }
        #[cfg(feature = "msgpack")]
        if self.is_packed() {
            part.extend_from_slice(msgpack::MEMBER);
            part.append(&mut self.packed_list());
            self.count = 0;
            return part;
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
        part.append(&mut self.inside);
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

/// How many bytes of a list in MessagePack are before its first item.
#[cfg(feature = "msgpack")]
const LIST: usize = 5;

/// Most bytes of a part before its list in MessagePack.
#[cfg(feature = "msgpack")]
const HEAD: usize = 512;

/// A part of a stream, borrowed from its message.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) number: u64,
    pub(crate) server: Option<Text<'a>>,
    /// Its items as a list; `None` in a reply, which is the last part.
    pub(crate) items: Option<List<'a>>,
}

/// Items as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List<'a> {
    Json(&'a str),
    #[cfg(feature = "msgpack")]
    Packed(&'a [u8]),
}

impl<'a> Part<'a> {
    /// Reads a part, or a reply as the last. What cannot be read is one with
    /// everything missing: it is for whoever reads replies to say so.
    ///
    /// Items that [`Items::part`] wrote are not looked into.
    pub(crate) fn read(message: &'a [u8]) -> Self {
        #[cfg(feature = "msgpack")]
        if let Some(part) = Self::read_packed(message) {
            return part;
        }
        Self::read_native(message).unwrap_or_else(|| Self::read_closely(message))
    }

    /// Reads a part with items in MessagePack.
    #[cfg(feature = "msgpack")]
    fn read_packed(message: &'a [u8]) -> Option<Self> {
        let (head, member) = (&message[..message.len().min(HEAD)], msgpack::MEMBER);
        let at = head.windows(member.len()).position(|it| it == member)?;
        let mut rest = Rest(str::from_utf8(&message[..at]).ok()?);
        let (number, server) = Self::read_head(&mut rest)?;
        (rest.0 == ",").then(|| Self {
            number,
            server,
            items: Some(List::Packed(&message[at + member.len()..])),
        })
    }

    /// Reads what stands before the items.
    fn read_head(rest: &mut Rest<'a>) -> Option<(u64, Option<Text<'a>>)> {
        rest.skip(r#"{"id":"#)?;
        rest.number()?;
        rest.skip(r#","part":"#)?;
        let number = rest.number()?;
        let server = match rest.skip(r#","server":""#) {
            Some(()) => Some(Text::from(rest.text()?)),
            None => None,
        };
        Some((number, server))
    }

    /// Reads a part in the very form that [`Items::part`] gives it; what follows the
    /// items, if something does, is taken for theirs.
    fn read_native(message: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(str::from_utf8(message).ok()?);
        let (number, server) = Self::read_head(&mut rest)?;
        rest.skip(r#","items":"#)?;
        Some(Self {
            number,
            server,
            items: Some(List::Json(rest.0.strip_suffix('}')?)),
        })
    }

    /// As [`read`](Self::read), whatever form it has.
    pub(crate) fn read_closely(message: &'a [u8]) -> Self {
        let members: PartMembers<'a> = serde_json::from_slice(message).unwrap_or_default();
        Self {
            number: members.part.unwrap_or_default(),
            server: members.server,
            items: members.items.map(|items| List::Json(items.get())),
        }
    }

    /// Whether it brings nothing but the word that the server is still there.
    pub(crate) fn is_empty(&self) -> bool {
        self.items == Some(List::Json("[]"))
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "msgpack")]
    use std::collections::HashMap;

    use super::*;
    #[cfg(feature = "msgpack")]
    use crate::blob;

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
        let list = List::Json(r#"[1,"zwei"]"#);
        assert_eq!((read.number, read.items), (3, Some(list)));
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
            assert_eq!(closely.items, Some(List::Json(items)), "{message}");
            let read = read.items;
            assert_eq!(
                read,
                Some(List::Json(&format!("{items}{after}"))),
                "{message}"
            );
        }
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn parts_of_messagepack_are_read_as_they_were_written() {
        let mut items = Items::default();
        items.pack();
        items.add(&1).unwrap();
        items.add(&"zwei").unwrap();
        let part = items.part(17, 3, Some("be"));
        let begin = br#"{"id":17,"part":3,"server":"be","msgpack":"#;
        assert_eq!(part, [&begin[..], b"\xdd\0\0\0\x02\x01\xa4zwei"].concat());
        let read = Part::read(&part);
        assert_eq!(
            (read.number, read.server.as_ref().map(Text::as_str)),
            (3, Some("be"))
        );
        let list = &part[begin.len()..];
        assert_eq!(read.items, Some(List::Packed(list)));
        // Word that the server is there is what it always is.
        assert!(Part::read(&items.part(17, 4, None)).is_empty());
        // What looks like it inside of an item is none.
        let inside = br#"{"id":17,"part":3,"items":[{"msgpack":1}]}"#;
        assert_eq!(
            Part::read(inside).items,
            Some(List::Json(r#"[{"msgpack":1}]"#))
        );
        // A whole reply is no part.
        assert_eq!(Part::read(b"{\"id\":17,\"msgpack\":\x91\x01").items, None);
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn what_cannot_be_packed_makes_json_of_the_others() {
        let mut items = Items::default();
        items.pack();
        items.add(&"a").unwrap();
        items.add(&blob::Blob::from(b"\xff")).unwrap();
        items.add(&u128::MAX).unwrap();
        assert!(items.add(&f64::NAN).is_err());
        items.add(&0.5).unwrap();
        let part = String::from_utf8(items.part(1, 0, None)).unwrap();
        let listed = format!(r#"["a","/w==",{},0.5]"#, u128::MAX);
        assert_eq!(part, format!(r#"{{"id":1,"part":0,"items":{listed}}}"#));
    }

    #[test]
    #[cfg(feature = "msgpack")]
    fn what_can_be_nothing_leaves_those_before_it_as_they_are() {
        let mut items = Items::default();
        items.pack();
        // JSON has no such keys.
        items.add(&HashMap::from([((1, 2), 3)])).unwrap();
        let refused = items.add(&u128::MAX).unwrap_err().to_string();
        assert!(refused.contains("items before it"), "{refused}");
        let part = items.part(1, 0, None);
        let Some(List::Packed(list)) = Part::read(&part).items else {
            panic!("they are packed");
        };
        assert_eq!(list, b"\xdd\0\0\0\x01\x81\x92\x01\x02\x03");
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
