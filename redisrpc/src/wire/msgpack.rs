//! Values as MessagePack, between peers that both read it.
//!
//! A value is the same in MessagePack as in JSON, but for byte strings: so either can be
//! made of the other, and a type reads the one as it reads the other.

use std::{cell::Cell, fmt, io};

use rmp_serde::decode::Error;
use serde::{
    Deserialize,
    de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
    ser::{Error as _, Serialize, SerializeMap as _, SerializeSeq as _, Serializer},
};

use super::value::{Place, SHORT, Strict};
use crate::blob;

/// What stands before a value or a list that is MessagePack to the end of its message.
pub(super) const MEMBER: &[u8] = br#""msgpack":"#;

/// Deepest nesting that is read, as for JSON.
const MAX_DEPTH: usize = 128;

/// Appends `value` to `out` as JSON if that is short, and else nothing; whether it is. One
/// that cannot be JSON is not.
pub(crate) fn write_short<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> bool {
    let before = out.len();
    let written = value.serialize(Strict {
        inner: &mut serde_json::Serializer::new(Short { out, left: SHORT }),
        place: Place::in_short(),
    });
    if written.is_err() {
        out.truncate(before);
    }
    written.is_ok()
}

/// Takes so many bytes and no more.
struct Short<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl io::Write for Short<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(bytes.len());
        self.left = left.ok_or(io::ErrorKind::WriteZero)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Appends `value` to `out` as MessagePack.
///
/// # Errors
///
/// As [`value::write`](super::value::write); and what would be another value in JSON:
/// whole numbers beyond 64 bits, and values that are JSON already. `out` may then hold a
/// part of it.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: impl io::Write,
    value: &T,
) -> Result<(), rmp_serde::encode::Error> {
    let mut inner = rmp_serde::Serializer::new(out)
        .with_struct_map()
        .with_human_readable();
    value.serialize(Strict {
        inner: &mut inner,
        place: Place::in_msgpack(),
    })
}

/// As [`write()`], unless the value is mostly text or bytes: with base64 around it that
/// would be longer than it is in JSON, and take more time. Whether it was written.
pub(crate) fn write_worthwhile<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> bool {
    let mut tally = Tally { out, text: 0 };
    write(&mut tally, value).is_ok() && !tally.is_mostly_text(0)
}

/// So much text is enough to see that a value is mostly that, in bytes.
const MUCH: usize = 64 * 1024;

/// Notes how much of what is written is text.
struct Tally<'a> {
    out: &'a mut Vec<u8>,
    text: usize,
}

impl Tally<'_> {
    /// Whether it will be so when so much more is written.
    fn is_mostly_text(&self, more: usize) -> bool {
        self.text > (self.out.len() + more) / 2
    }
}

impl io::Write for Tally<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Numbers are shorter, and short texts are much the same in both codecs.
        if bytes.len() >= 16 {
            self.text += bytes.len();
            if self.text > MUCH && self.is_mostly_text(bytes.len()) {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a value that borrows nothing from the message.
///
/// # Errors
///
/// What is no MessagePack, or no `T`. What cannot be read as a `T` here may still be one in
/// JSON: types may have forms for that alone.
pub(crate) fn read<'de, T: Deserialize<'de>>(msgpack: &[u8]) -> Result<T, Error> {
    let mut reader = rmp_serde::Deserializer::new(msgpack).with_human_readable();
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader)?;
    match reader.get_ref() {
        [] => Ok(value),
        _ => Err(de::Error::custom("something follows the value")),
    }
}

/// The same value as JSON: byte strings are base64 text.
///
/// # Errors
///
/// A text that says why this is no MessagePack, or has no equal in JSON.
pub(crate) fn to_json(msgpack: &[u8]) -> Result<String, String> {
    let mut reader = rmp_serde::Deserializer::new(msgpack).with_human_readable();
    reader.set_max_depth(MAX_DEPTH);
    serde_json::to_string(&Transcoded(Cell::new(Some(&mut reader)))).map_err(|it| it.to_string())
}

/// What a deserializer yields, to be serialized once.
struct Transcoded<D>(Cell<Option<D>>);

impl<'de, D: Deserializer<'de>> Serialize for Transcoded<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reader = self.0.take().expect("a value is serialized once");
        let written = reader.deserialize_any(Transcoder(serializer));
        written.map_err(S::Error::custom)
    }
}

/// Writes what it is shown.
struct Transcoder<S>(S);

macro_rules! scalars {
    ($($visit:ident => $serialize:ident($type:ty);)*) => {$(
        fn $visit<E: de::Error>(self, value: $type) -> Result<S::Ok, E> {
            self.0.$serialize(value).map_err(E::custom)
        }
    )*};
}

impl<'de, S: Serializer> Visitor<'de> for Transcoder<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has too")
    }

    scalars! {
        visit_bool => serialize_bool(bool);
        visit_i64 => serialize_i64(i64);
        visit_u64 => serialize_u64(u64);
        visit_f32 => serialize_f32(f32);
        visit_f64 => serialize_f64(f64);
        visit_str => serialize_str(&str);
    }

    fn visit_unit<E: de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_none<E: de::Error>(self) -> Result<S::Ok, E> {
        self.visit_unit()
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<S::Ok, E> {
        self.visit_str(&blob::encoded(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<S::Ok, A::Error> {
        let list = self.0.serialize_seq(elements.size_hint());
        let mut list = list.map_err(de::Error::custom)?;
        while let Some(()) = elements.next_element_seed(Element(&mut list))? {}
        list.end().map_err(de::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<S::Ok, A::Error> {
        let object = self.0.serialize_map(members.size_hint());
        let mut object = object.map_err(de::Error::custom)?;
        while let Some(()) = members.next_key_seed(Key(&mut object))? {
            members.next_value_seed(Member(&mut object))?;
        }
        object.end().map_err(de::Error::custom)
    }
}

/// Where a part of a value goes.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $kind:ident::$method:ident;)*) => {$(
        $(#[$doc])*
        struct $name<'a, C>(&'a mut C);

        impl<'de, C: serde::ser::$kind> DeserializeSeed<'de> for $name<'_, C> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
                let part = Transcoded(Cell::new(Some(reader)));
                self.0.$method(&part).map_err(de::Error::custom)
            }
        }
    )*};
}

parts! {
    /// In a list.
    Element: SerializeSeq::serialize_element;
    /// The name of a member.
    Key: SerializeMap::serialize_key;
    /// The value of a member.
    Member: SerializeMap::serialize_value;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize, de::DeserializeOwned};
    use serde_json::{Value, json, value::RawValue};

    use super::*;
    use crate::{blob::Blob, wire::value};

    fn written<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        write(&mut out, value).ok()?;
        Some(out)
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Unit,
        Newtype(f64),
        Tuple(u8, f32),
        Struct { side: Option<i64> },
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Nothing;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Record {
        id: u128,
        nothing: Nothing,
        address: std::net::IpAddr,
        data: Blob,
        shapes: Vec<Shape>,
        numbered: BTreeMap<u32, char>,
        #[serde(flatten)]
        more: BTreeMap<String, Value>,
    }

    fn record() -> Record {
        Record {
            id: 1 << 63,
            nothing: Nothing,
            address: [127, 0, 0, 1].into(),
            data: Blob::from(b"\x00\xff"),
            shapes: vec![
                Shape::Unit,
                Shape::Newtype(0.1),
                Shape::Tuple(3, 0.1),
                Shape::Struct { side: None },
                Shape::Struct { side: Some(-5) },
            ],
            numbered: BTreeMap::from([(7, 'é')]),
            more: BTreeMap::from([("free".to_owned(), json!({"a": [1, 2.5, null, true]}))]),
        }
    }

    fn there_and_back<T>(value: &T)
    where
        T: Serialize + DeserializeOwned + PartialEq + fmt::Debug,
    {
        let msgpack = written(value).unwrap();
        assert_eq!(&read::<T>(&msgpack).unwrap(), value);
        let mut json = Vec::new();
        value::write(&mut json, value).unwrap();
        assert_eq!(to_json(&msgpack).unwrap().as_bytes(), json);
    }

    #[test]
    fn a_value_is_read_as_it_was_written_and_is_the_same_in_json() {
        there_and_back(&record());
        there_and_back(&[0.0, -1.5, f64::MAX, f64::MIN_POSITIVE]);
        there_and_back(&(u64::MAX, i64::MIN, i128::from(i64::MIN), ()));
        there_and_back(&vec![Some("text".to_owned()), None]);
        there_and_back(&Blob::from(vec![7; 70_000]));
    }

    #[test]
    fn bytes_are_bytes() {
        let msgpack = written(&Blob::from(vec![7; 70_000])).unwrap();
        assert_eq!(msgpack.len(), 70_005);
        assert_eq!(read::<Blob>(&msgpack).unwrap(), vec![7; 70_000]);
    }

    #[test]
    fn what_would_be_another_value_in_json_stays_json() {
        assert!(written(&u128::MAX).is_none());
        assert!(written(&i128::MIN).is_none());
        assert!(written(&f64::NAN).is_none());
        let raw = RawValue::from_string("[1]".to_owned()).unwrap();
        assert!(written(&raw).is_none());
    }

    #[test]
    fn what_is_mostly_text_or_bytes_is_not_worthwhile() {
        let worthwhile = |value: &dyn Fn(&mut Vec<u8>) -> bool| value(&mut Vec::new());
        let (text, numbers) = ("x".repeat(2000), vec![0.5; 300]);
        assert!(!worthwhile(&|out| write_worthwhile(out, &text)));
        assert!(!worthwhile(&|out| write_worthwhile(
            out,
            &Blob::from(vec![0; 2000])
        )));
        assert!(worthwhile(&|out| write_worthwhile(out, &numbers)));
        assert!(worthwhile(&|out| write_worthwhile(out, &(&text, &numbers))));
        assert!(!worthwhile(&|out| write_worthwhile(out, &f64::NAN)));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let deep = [vec![0x91; 200], vec![0x01]].concat();
        for refused in [
            &b""[..],
            b"\xc1",
            b"\xdd\xff\xff\xff\xff",
            b"\xda\xff",
            &deep,
        ] {
            assert!(read::<Value>(refused).is_err(), "{refused:?}");
            assert!(to_json(refused).is_err(), "{refused:?}");
        }
        assert!(read::<Value>(b"\x01\x02").is_err());
    }
}
