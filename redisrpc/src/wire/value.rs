//! Values as JSON that every peer reads.
//!
//! `serde_json` writes NaN and infinities as `null` and nests without bound. Old
//! Ruby peers refuse more than 100 levels, and a number that silently became
//! `null` is worse than an error. [`write()`] refuses both; everything else is
//! `serde_json`'s.

use serde::ser::{self, Error as _, Serialize, Serializer};

#[cfg(feature = "msgpack")]
use crate::blob;

/// Deepest nesting of one value: Ruby's limit of 100 less the message around it.
const MAX_DEPTH: u8 = 96;

/// Appends `value` to `out` as JSON.
///
/// # Errors
///
/// When the value holds a number that is not finite, nests too deep, or cannot
/// be JSON (a map with keys that are no strings). `out` may then hold a part of it.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
) -> Result<(), serde_json::Error> {
    value.serialize(Strict {
        inner: &mut serde_json::Serializer::new(out),
        place: Place::default(),
    })
}

/// A serializer that passes on what every peer can read and refuses the rest.
pub(super) struct Strict<S> {
    pub(super) inner: S,
    pub(super) place: Place,
}

/// Where in a value the next one is written.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// How many containers are open around it.
    depth: u8,
    /// Whether the codec is MessagePack.
    #[cfg(feature = "msgpack")]
    binary: bool,
    /// Whether it is the inside of a byte string.
    #[cfg(feature = "msgpack")]
    in_blob: bool,
    /// Whether it is of no use if it is long.
    #[cfg(feature = "msgpack")]
    short: bool,
}

#[cfg(feature = "msgpack")]
impl Place {
    /// The outermost of a value in MessagePack.
    pub(super) fn in_msgpack() -> Self {
        Self {
            binary: true,
            ..Self::default()
        }
    }

    /// The outermost of a value that is of no use if it is long.
    pub(super) fn in_short() -> Self {
        Self {
            short: true,
            ..Self::default()
        }
    }

    /// Refuses a text or a byte string that is too long, before anyone looks into it.
    fn check_length<E: ser::Error>(self, length: usize) -> Result<(), E> {
        if self.short && length > SHORT {
            return Err(E::custom("too long"));
        }
        Ok(())
    }
}

/// Longest value that travels as JSON where it could be MessagePack, in bytes.
#[cfg(feature = "msgpack")]
pub(super) const SHORT: usize = 2048;

impl<S: Serializer> Strict<S> {
    /// One container deeper, or the error that says it is one too many.
    fn deeper(&self) -> Result<Place, S::Error> {
        if self.place.depth < MAX_DEPTH {
            let mut place = self.place;
            place.depth += 1;
            Ok(place)
        } else {
            Err(S::Error::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels, more than old peers read"
            )))
        }
    }
}

/// A value inside a container: makes serde hand it to [`Strict`] again.
struct Inside<'a, T: ?Sized> {
    value: &'a T,
    place: Place,
}

impl<T: Serialize + ?Sized> Serialize for Inside<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Strict {
            inner: serializer,
            place: self.place,
        })
    }
}

/// An open container of any kind.
pub(super) struct Container<C> {
    inner: C,
    place: Place,
}

/// What a value holds that JSON would have otherwise than MessagePack.
#[cfg(feature = "msgpack")]
fn differs<E: ser::Error>() -> E {
    E::custom("the value is another in MessagePack")
}

fn not_finite<E: ser::Error>(number: f64) -> E {
    E::custom(format_args!(
        "the number {number} is not finite, and JSON has no such number"
    ))
}

macro_rules! pass_on {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {$(
        fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($name),*)
        }
    )*};
}

macro_rules! open {
    ($($method:ident($($name:ident: $type:ty),*) -> $kind:ident;)*) => {$(
        fn $method(self, $($name: $type),*) -> Result<Self::$kind, S::Error> {
            let place = self.deeper()?;
            Ok(Container { inner: self.inner.$method($($name),*)?, place })
        }
    )*};
}

impl<S: Serializer> Serializer for Strict<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Container<S::SerializeSeq>;
    type SerializeTuple = Container<S::SerializeTuple>;
    type SerializeTupleStruct = Container<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Container<S::SerializeTupleVariant>;
    type SerializeMap = Container<S::SerializeMap>;
    type SerializeStruct = Container<S::SerializeStruct>;
    type SerializeStructVariant = Container<S::SerializeStructVariant>;

    pass_on! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_char(v: char);
        serialize_none();
        serialize_unit();
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    open! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant;
    }

    fn serialize_f32(self, v: f32) -> Result<S::Ok, S::Error> {
        if v.is_finite() {
            self.inner.serialize_f32(v)
        } else {
            Err(not_finite(f64::from(v)))
        }
    }

    fn serialize_f64(self, v: f64) -> Result<S::Ok, S::Error> {
        if v.is_finite() {
            self.inner.serialize_f64(v)
        } else {
            Err(not_finite(v))
        }
    }

    fn serialize_str(self, v: &str) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "msgpack")]
        self.place.check_length(v.len())?;
        self.inner.serialize_str(v)
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "msgpack")]
        if self.place.in_blob && !self.place.binary {
            self.place.check_length(v.len())?;
            return self.inner.serialize_str(&blob::encoded(v));
        }
        self.inner.serialize_bytes(v)
    }

    // MessagePack has them as byte strings.
    fn serialize_i128(self, v: i128) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "msgpack")]
        if self.place.binary {
            let v = v.try_into().map_err(|_| differs())?;
            return self.inner.serialize_i64(v);
        }
        self.inner.serialize_i128(v)
    }

    fn serialize_u128(self, v: u128) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "msgpack")]
        if self.place.binary {
            let v = v.try_into().map_err(|_| differs())?;
            return self.inner.serialize_u64(v);
        }
        self.inner.serialize_u128(v)
    }

    // MessagePack has them as empty lists.
    fn serialize_unit_struct(self, _: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        #[cfg(feature = "msgpack")]
        if self.place.binary && name.starts_with("$serde_json::") {
            return Err(differs());
        }
        let place = self.deeper()?;
        let inner = self.inner.serialize_struct(name, len)?;
        Ok(Container { inner, place })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let place = self.place;
        self.inner.serialize_some(&Inside { value, place })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        #[cfg(not(feature = "msgpack"))]
        let place = self.place;
        #[cfg(feature = "msgpack")]
        let place = Place {
            in_blob: name == blob::NAME,
            ..self.place
        };
        self.inner
            .serialize_newtype_struct(name, &Inside { value, place })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let place = self.deeper()?;
        self.inner
            .serialize_newtype_variant(name, index, variant, &Inside { value, place })
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        #[cfg(feature = "msgpack")]
        if self.place.in_blob {
            return false;
        }
        self.inner.is_human_readable()
    }
}

macro_rules! elements {
    ($($kind:ident::$method:ident;)*) => {$(
        impl<C: ser::$kind> ser::$kind for Container<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let place = self.place;
                self.inner.$method(&Inside { value, place })
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($kind:ident;)*) => {$(
        impl<C: ser::$kind> ser::$kind for Container<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                let place = self.place;
                self.inner.serialize_field(key, &Inside { value, place })
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct; SerializeStructVariant; }

impl<C: ser::SerializeMap> ser::SerializeMap for Container<C> {
    type Ok = C::Ok;
    type Error = C::Error;

    // A key becomes a string, which is finite and flat: nothing to check.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let place = self.place;
        self.inner.serialize_value(&Inside { value, place })
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::{Value, json, value::RawValue};

    use super::{MAX_DEPTH, write};

    fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
        let mut out = Vec::new();
        write(&mut out, value).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(f64),
        Tuple(u8, f32),
        Struct { side: f64 },
    }

    #[test]
    fn finite_values_are_what_serde_json_writes() {
        let raw = RawValue::from_string("[1, 2]".to_owned()).unwrap();
        assert_eq!(json(&raw).unwrap(), "[1, 2]");
        assert_eq!(json(&4.0).unwrap(), "4.0");
        assert_eq!(json(&u128::MAX).unwrap(), u128::MAX.to_string());
        let shapes = (
            Shape::Unit,
            Shape::Newtype(1.5),
            Shape::Tuple(1, 0.5),
            Shape::Struct { side: -0.0 },
            BTreeMap::from([(7, Some("seven"))]),
        );
        assert_eq!(
            json(&shapes).unwrap(),
            serde_json::to_string(&shapes).unwrap()
        );
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused_wherever_it_hides() {
        let hidden = [
            json(&f64::NAN),
            json(&f32::INFINITY),
            json(&[Some(f64::NAN)]),
            json(&Shape::Newtype(f64::NAN)),
            json(&Shape::Tuple(1, f32::NAN)),
            json(&Shape::Struct {
                side: f64::INFINITY,
            }),
            json(&BTreeMap::from([("x", (1, f64::NEG_INFINITY))])),
        ];
        for refused in hidden {
            let text = refused.unwrap_err();
            assert!(text.contains("not finite"), "{text}");
        }
    }

    #[test]
    fn deep_values_are_refused_before_old_peers_choke_on_them() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]));
        assert!(json(&nested(usize::from(MAX_DEPTH))).is_ok());
        let text = json(&nested(usize::from(MAX_DEPTH) + 1)).unwrap_err();
        assert!(text.contains("nested deeper"), "{text}");
    }
}
