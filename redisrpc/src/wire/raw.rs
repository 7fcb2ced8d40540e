//! Reading JSON piecemeal: texts without copying, objects without descending.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{self, Deserializer, Visitor},
};
use serde_json::value::RawValue;

/// A JSON string, borrowed from the message unless it holds escapes.
///
/// `Cow<str>` alone would always copy: serde reads it as a `String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// Any JSON value, borrowed from the message and not looked into.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(crate) struct Json<'a>(#[serde(borrow)] pub(crate) &'a RawValue);

impl<'a> Json<'a> {
    pub(crate) fn get(&self) -> &'a str {
        self.0.get()
    }
}

impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

/// Reads the members of an object that it has. Written out because serde's derive
/// refuses duplicate members, where every old peer takes the last.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident<$a:lifetime> {
        $($(#[$attribute:meta])* $member:ident: $type:ty),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $name<$a> { $($(#[$attribute])* pub(super) $member: Option<$type>,)* }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut members = $name::default();
                        while let Some($crate::wire::Text(member)) = map.next_key()? {
                            match &*member {
                                $($(#[$attribute])* stringify!($member) => members.$member = Some(map.next_value()?),)*
                                _ => { map.next_value::<serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok(members)
                    }
                }

                deserializer.deserialize_map(Members)
            }
        }
    };
}
pub(super) use object;
