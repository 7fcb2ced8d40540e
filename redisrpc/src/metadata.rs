//! What travels with a call beside its arguments.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

/// A few named texts that travel with a call beside its arguments, as headers do
/// elsewhere: a token, the id of a trace, a language.
///
/// A caller gives them to a [client](crate::Client::metadata) or to a
/// [call](crate::Call::metadata); the method is told of them by its
/// [`Context`](crate::Context::metadata). Old callers send none, and old servers do not
/// look at them. They are part of the request's size, and whoever may read the queue
/// may read them.
///
/// Names are told apart by upper and lower case, and keep the order in which they came.
///
/// ```
/// use redisrpc::Metadata;
///
/// let mut metadata = Metadata::from_iter([("language", "de"), ("token", "s3cret")]);
/// metadata.insert("language", "en");
/// assert_eq!(metadata.get("language"), Some("en"));
/// assert_eq!(metadata.len(), 2);
/// // Values may be secrets: they are not shown.
/// assert_eq!(format!("{metadata:?}"), r#"{"language", "token"}"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    entries: Vec<(String, String)>,
}

impl Metadata {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The text of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Adds a text, or puts it in the place of the one with this name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.entries.push((name, value)),
        }
    }

    /// Names and texts, in the order in which the names came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.entries.iter();
        entries.map(|(name, value)| (&**name, &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> Extend<(N, V)> for Metadata {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut metadata = Self::new();
        metadata.extend(entries);
        metadata
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Metadata {
    /// What is no text is left out: a stranger may have written it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut metadata = Metadata::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if let Value::Text(value) = value {
                        metadata.insert(name, value);
                    }
                }
                Ok(metadata)
            }
        }

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Value {
            Text(String),
            Other(IgnoredAny),
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_an_object_of_texts_and_what_is_none_is_left_out() {
        let metadata = Metadata::from_iter([("b", "\"2\""), ("ä", "1")]);
        let json = serde_json::to_string(&metadata).unwrap();
        assert_eq!(json, r#"{"b":"\"2\"","ä":"1"}"#);
        assert_eq!(serde_json::from_str::<Metadata>(&json).unwrap(), metadata);

        let json = r#"{"a":"1","b":[{}],"c":null,"d":5,"a":"2","e\u0020":"3"}"#;
        let read: Metadata = serde_json::from_str(json).unwrap();
        assert_eq!(read, Metadata::from_iter([("a", "2"), ("e ", "3")]));
        assert!(serde_json::from_str::<Metadata>("[]").is_err());
    }
}
