//! What a caller says beside its arguments.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap as _,
};
use serde_json::value::RawValue;

/// A few named texts that travel with a call, as headers do elsewhere.
///
/// Names are case-sensitive. Old servers do not look at them.
///
/// ```
/// use redisrpc::Metadata;
///
/// let mut metadata = Metadata::default();
/// metadata.insert("tenant", "acme");
/// metadata.insert("tenant", "ajax");
/// assert_eq!(metadata.get("tenant"), Some("ajax"));
/// assert_eq!(metadata.len(), 1);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(String, String)>);

impl Metadata {
    /// Adds a value, in the place of another of this name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|it| it.1)
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in this JSON: nothing, if it is no object, and of one its texts.
    #[cfg(any(test, feature = "opentelemetry"))]
    pub(crate) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

/// Names alone: values may be secrets.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|it| it.0)).finish()
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut metadata = Metadata::default();
                while let Some((name, value)) = map.next_entry::<Cow<'_, str>, &RawValue>()? {
                    if let Ok(value) = serde_json::from_str::<String>(value.get()) {
                        metadata.insert(name, value);
                    }
                }
                Ok(metadata)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_no_text_is_left_out() {
        let mut metadata = Metadata::default();
        metadata.insert("a", "it's \"ü\"\n");
        metadata.insert("ä", "");
        let json = serde_json::to_string(&metadata).unwrap();
        assert_eq!(json, r#"{"a":"it's \"ü\"\n","ä":""}"#);
        assert_eq!(Metadata::read(&json), metadata);
        let odd = Metadata::read(r#"{"n":1,"a":"x","l":["y"],"a":"z","u":null}"#);
        assert_eq!(odd.iter().collect::<Vec<_>>(), [("a", "z")]);
        for garbage in ["", "[]", "1", "null", r#""a""#, "{"] {
            assert!(Metadata::read(garbage).is_empty(), "{garbage}");
        }
        assert_eq!(format!("{metadata:?}"), r#"{"a", "ä"}"#);
    }
}
