//! Reading a type from nothing, for those that agree to it.

use std::fmt;

use serde::{
    de::{self, Deserializer, Visitor},
    forward_to_deserialize_any,
};

/// What a type may take nothing for. The type is asked itself, so that an alias
/// or a newtype is what it is and not what it is called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Absent {
    /// An argument was left out: an `Option` is `None`.
    Argument,
    /// A return value does not matter: `()` is `()`.
    ReturnValue,
}

/// The type insists on a value.
#[derive(Debug)]
pub(crate) struct Required;

impl<'de> Deserializer<'de> for Absent {
    type Error = Required;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Required> {
        Err(Required)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Required> {
        match self {
            Self::Argument => visitor.visit_none(),
            Self::ReturnValue => Err(Required),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Required> {
        match self {
            Self::Argument => Err(Required),
            Self::ReturnValue => visitor.visit_unit(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Required> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value is required")
    }
}

impl std::error::Error for Required {}

impl de::Error for Required {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Wrapped<T>(T);

    fn is_given<'de, T: Deserialize<'de>>(absent: Absent) -> bool {
        T::deserialize(absent).is_ok()
    }

    #[test]
    fn an_argument_left_out_is_an_option_and_nothing_else() {
        assert!(is_given::<Option<u8>>(Absent::Argument));
        assert!(is_given::<Wrapped<Option<u8>>>(Absent::Argument));
        assert!(!is_given::<()>(Absent::Argument));
        assert!(!is_given::<Wrapped<u8>>(Absent::Argument));
        assert!(!is_given::<serde_json::Value>(Absent::Argument));
    }

    #[test]
    fn a_return_value_that_does_not_matter_is_unit_and_nothing_else() {
        assert!(is_given::<()>(Absent::ReturnValue));
        assert!(is_given::<Wrapped<()>>(Absent::ReturnValue));
        assert!(!is_given::<Option<()>>(Absent::ReturnValue));
        assert!(!is_given::<Wrapped<f64>>(Absent::ReturnValue));
        assert!(!is_given::<serde_json::Value>(Absent::ReturnValue));
    }
}
