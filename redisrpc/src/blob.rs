//! Byte strings that travel as such: [`Blob`], and fields of your own types.
//!
//! Serde writes a `Vec<u8>` as a list of numbers: in JSON three or four bytes for each of
//! its own, read one by one. A [`Blob`] is base64 text in JSON, which peers in every
//! language read, and the bytes themselves where a codec has byte strings, as MessagePack
//! does. The functions of this module do the same for a field:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Picture {
//!     title: String,
//!     #[serde(with = "redisrpc::blob")]
//!     png: Vec<u8>,
//! }
//!
//! let picture = Picture { title: "dot".to_owned(), png: b"\x89PNG".to_vec() };
//! let json = serde_json::to_string(&picture)?;
//! assert_eq!(json, r#"{"title":"dot","png":"iVBORw=="}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::{borrow::Borrow, fmt, ops::Deref, sync::LazyLock};

use base64::{
    DecodeError, Engine as _,
    engine::{DecodePaddingMode, GeneralPurposeConfig, Simd},
};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

/// What writes and reads base64: the alphabet with `+` and `/`, padded with `=`; what is
/// read may lack the padding.
static BASE64: LazyLock<Simd> = LazyLock::new(|| {
    let lenient = GeneralPurposeConfig::new();
    Simd::standard(lenient.with_decode_padding_mode(DecodePaddingMode::Indifferent))
});

/// The name under which serializers see a byte string: those that have such write it as
/// one.
pub(crate) const NAME: &str = "$redisrpc::Blob";

/// A byte string: an argument, what a method returns, or a part of either.
///
/// Base64 text on the wire (RFC 4648, padded), raw bytes where both peers speak
/// MessagePack; see [the guide](crate::guide::payloads). What is read may also be a list
/// of numbers, base64 without padding, or base64 broken into lines, as Ruby's `encode64`
/// makes it. Cheap to clone, and to make of a `Vec<u8>` or of [`bytes::Bytes`].
///
/// # Examples
///
/// ```
/// use redisrpc::{Blob, Broker, Server};
///
/// struct Mirror;
///
/// #[redisrpc::service]
/// impl Mirror {
///     pub fn reversed(&self, data: Blob) -> Blob {
///         data.iter().rev().copied().collect()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let redis = Broker::connect("memory://blob-example").await?;
/// tokio::spawn(Server::new(&redis, "mirror", Mirror).run());
///
/// let mirror = MirrorClient::new(&redis, "mirror");
/// let reversed = mirror.reversed(Blob::from(vec![1, 2, 255])).await?;
/// assert_eq!(reversed, [255, 2, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob(Bytes);

impl Blob {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// One of bytes that are there for ever; nothing is copied.
    #[must_use]
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self(Bytes::from_static(bytes))
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Borrow<[u8]> for Blob {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! equals {
    ($([$($generic:tt)*] $other:ty;)*) => {$(
        impl<$($generic)*> PartialEq<$other> for Blob {
            fn eq(&self, other: &$other) -> bool {
                **self == other[..]
            }
        }
    )*};
}

equals! {
    [] [u8];
    [] &[u8];
    [] Vec<u8>;
    [const N: usize] [u8; N];
    [const N: usize] &[u8; N];
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Blob {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl From<Blob> for Bytes {
    fn from(blob: Blob) -> Self {
        blob.0
    }
}

impl From<Blob> for Vec<u8> {
    fn from(blob: Blob) -> Self {
        blob.0.into()
    }
}

impl FromIterator<u8> for Blob {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        Self(bytes.into_iter().collect())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize::<Vec<u8>, D>(deserializer).map(Self::from)
    }
}

/// Writes a byte string: base64 text where people read, bytes where they do not.
///
/// For `#[serde(with = "redisrpc::blob")]`, on whatever has bytes.
///
/// # Errors
///
/// The serializer's.
pub fn serialize<T, S>(bytes: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: AsRef<[u8]> + ?Sized,
    S: Serializer,
{
    serializer.serialize_newtype_struct(NAME, &Raw(bytes.as_ref()))
}

/// What is inside of a byte string.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&encoded(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

/// Reads a byte string: base64 text, bytes, or a list of numbers.
///
/// For `#[serde(with = "redisrpc::blob")]`, on whatever can be made of a `Vec<u8>`: a
/// `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `[u8; 32]`.
///
/// # Errors
///
/// Another type of value, text that is no base64, a number above 255, or the wrong number
/// of bytes for an array.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<Vec<u8>>,
    D: Deserializer<'de>,
{
    let bytes = if deserializer.is_human_readable() {
        deserializer.deserialize_any(Readable)?
    } else {
        deserializer.deserialize_byte_buf(Readable)?
    };
    let size = bytes.len();
    T::try_from(bytes).map_err(|_| {
        let expected = std::any::type_name::<T>();
        de::Error::custom(format_args!("{size} bytes cannot become a {expected}"))
    })
}

/// All the forms that a byte string may have.
struct Readable;

impl<'de> Visitor<'de> for Readable {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string: base64 text, or a list of numbers up to 255")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        decoded(text.as_bytes())
            .map_err(|why| E::custom(format_args!("a byte string is no base64: {why}")))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// Appends the bytes as base64 text.
#[cfg(feature = "msgpack")]
pub(crate) fn encode_to(out: &mut Vec<u8>, bytes: &[u8]) {
    let before = out.len();
    let size = base64::encoded_len(bytes.len(), true).expect("a text of it fits in memory");
    out.resize(before + size, 0);
    let written = BASE64.encode_slice(bytes, &mut out[before..]);
    written.expect("there is just the room for it");
}

/// The bytes as base64 text.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes that this is the base64 text of, broken into lines or not; or why it is none.
pub(crate) fn decoded(text: &[u8]) -> Result<Vec<u8>, String> {
    let decoded = BASE64.decode(text).or_else(|error| {
        let joined: Vec<_> = text
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        if joined.len() == text.len() {
            return Err(error);
        }
        BASE64.decode(joined)
    });
    decoded.map_err(|error| match error {
        DecodeError::InvalidByte(at, byte) => {
            format!("`{}` at {at}", byte.escape_ascii())
        }
        DecodeError::InvalidLength(_) => "a part of it is missing".to_owned(),
        error => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, to_string};

    use super::*;

    #[test]
    fn a_blob_is_base64_text_and_read_back() {
        for (bytes, text) in [
            (&b""[..], r#""""#),
            (b"f", r#""Zg==""#),
            (b"foobar", r#""Zm9vYmFy""#),
            (b"\xff\xfe\xfd", r#""//79""#),
        ] {
            assert_eq!(to_string(&Blob::from(bytes)).unwrap(), text);
            assert_eq!(from_str::<Blob>(text).unwrap(), bytes);
        }
    }

    #[test]
    fn what_peers_make_of_bytes_is_read() {
        let ruby = r#""AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss\nLS4v\n""#;
        assert_eq!(
            from_str::<Blob>(ruby).unwrap(),
            (0..48).collect::<Vec<u8>>()
        );
        assert_eq!(from_str::<Blob>(r#""Zg""#).unwrap(), b"f");
        assert_eq!(from_str::<Blob>("[0, 255]").unwrap(), [0, 255]);
    }

    #[test]
    fn what_is_no_byte_string_is_refused_with_what_was_expected() {
        let refused = |json| from_str::<Blob>(json).unwrap_err().to_string();
        for (json, why) in [
            (r#""Zm9v!mFy""#, "a byte string is no base64: `!` at 4"),
            (r#""é""#, r"a byte string is no base64: `\x"),
            (
                r#""Zm9vY""#,
                "a byte string is no base64: a part of it is missing",
            ),
        ] {
            let text = refused(json);
            assert!(text.contains(why), "{text}");
        }
        let text = refused("[256]");
        assert!(text.contains("expected u8"), "{text}");
        for other in ["7", "null", r#"{"a":1}"#] {
            let text = refused(other);
            assert!(text.contains("expected a byte string: base64"), "{text}");
        }
    }

    #[test]
    fn fields_of_other_types_are_byte_strings_too() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Keyed {
            #[serde(with = "super")]
            key: [u8; 4],
            #[serde(with = "super")]
            rest: Box<[u8]>,
        }
        let keyed = Keyed {
            key: *b"abcd",
            rest: Box::from([9]),
        };
        let json = to_string(&keyed).unwrap();
        assert_eq!(json, r#"{"key":"YWJjZA==","rest":"CQ=="}"#);
        assert_eq!(from_str::<Keyed>(&json).unwrap(), keyed);
        let error = from_str::<Keyed>(r#"{"key":"YWJj","rest":""}"#).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("3 bytes cannot become a [u8; 4]"), "{text}");
    }
}
