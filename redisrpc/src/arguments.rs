//! A request's arguments, bound to a method's by Python's rules: positional
//! first, then named, then defaults. Every error names the method, and the
//! argument with its position.

mod binder;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IntoDeserializer, value::SeqDeserializer},
};
use serde_json::value::RawValue;

use self::binder::Binder;
#[cfg(feature = "msgpack")]
use crate::wire::{msgpack, request::packed};
use crate::{
    descriptor::MethodDescriptor,
    error::{Fault, FaultCode},
    wire::{
        absent::{Absent, Required},
        request::Request,
    },
};

/// The arguments of one call, in the order of the method's `N` arguments.
///
/// Generated code binds once, then takes each argument by its index.
#[derive(Debug)]
pub struct Arguments<'a, const N: usize> {
    bound: [Option<Given<'a>>; N],
    rest: Vec<&'a RawValue>,
    method: &'static MethodDescriptor,
}

/// An argument as the request has it.
#[derive(Debug, Clone, Copy)]
enum Given<'a> {
    Json(&'a RawValue),
    /// As base64 text.
    #[cfg(feature = "msgpack")]
    Packed(&'a RawValue),
}

impl<'a, const N: usize> Arguments<'a, N> {
    /// Gives each argument of the request its place.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] for one too many, one nobody asked for and
    /// one given twice.
    pub fn bind(request: &Request<'a>, method: &'static MethodDescriptor) -> Result<Self, Fault> {
        let mut bound = [None; N];
        let mut binder = Binder::new(&mut bound, method);
        binder.all(request).map_err(|text| invalid(method, text))?;
        Ok(Self {
            rest: binder.rest,
            bound,
            method,
        })
    }

    /// The argument at `index`. One left out is an error, unless its type is an
    /// `Option` (told by the type itself, whatever it is called).
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] when it is missing or of another type.
    pub fn required<T: Deserialize<'a>>(&self, index: usize) -> Result<T, Fault> {
        match self.bound[index] {
            Some(given) => self.decode(index, given),
            None => T::deserialize(Absent::Argument).map_err(|Required| {
                let name = self.method.arguments()[index].name();
                let position = index + 1;
                invalid(
                    self.method,
                    format_args!("missing argument `{name}` (position {position})"),
                )
            }),
        }
    }

    /// The argument at `index`, or its default if it was left out.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] when it is of another type.
    pub fn or_default<T: Deserialize<'a>>(
        &self,
        index: usize,
        default: impl FnOnce() -> T,
    ) -> Result<T, Fault> {
        match self.bound[index] {
            Some(given) => self.decode(index, given),
            None => Ok(default()),
        }
    }

    /// All positional arguments from the one at `index` on, as a list.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] when one of them is of another type.
    pub fn rest<T: Deserialize<'a>>(&self, index: usize) -> Result<T, Fault> {
        let elements = || SeqDeserializer::new(self.rest.iter().map(|raw| Element(raw)));
        T::deserialize(elements())
            .map_err(|error| self.wrong_type(index, &error, place::<T, _>(elements())))
    }

    fn decode<T: Deserialize<'a>>(&self, index: usize, given: Given<'a>) -> Result<T, Fault> {
        match given {
            Given::Json(raw) => serde_json::from_str(raw.get())
                .map_err(|error| self.wrong_type(index, &error, place::<T, _>(raw))),
            #[cfg(feature = "msgpack")]
            Given::Packed(raw) => self.decode_packed(index, raw),
        }
    }

    /// What cannot be read as MessagePack is read as the JSON that it would be.
    #[cfg(feature = "msgpack")]
    fn decode_packed<T: Deserialize<'a>>(
        &self,
        index: usize,
        raw: &'a RawValue,
    ) -> Result<T, Fault> {
        let unreadable = |why: String| self.refused(index, None, &why);
        let packed = packed::argument(raw).map_err(unreadable)?;
        msgpack::read(&packed).or_else(|_| {
            let json = msgpack::to_json(&packed).map_err(unreadable)?;
            let reader = || serde_json::Deserializer::from_reader(json.as_bytes());
            T::deserialize(&mut reader())
                .map_err(|error| self.wrong_type(index, &error, place::<T, _>(&mut reader())))
        })
    }

    fn wrong_type(&self, index: usize, error: &serde_json::Error, place: Option<String>) -> Fault {
        let what = error.to_string();
        // The line and column are those of the single value, not of the request.
        let what = match what.rsplit_once(" at line ") {
            Some((what, _)) if error.line() > 0 => what,
            _ => &what,
        };
        self.refused(index, place, what)
    }

    fn refused(&self, index: usize, place: Option<String>, why: &str) -> Fault {
        let name = self.method.arguments()[index].name();
        let position = index + 1;
        let place = place.map_or_else(String::new, |place| format!(", at `{place}`"));
        invalid(
            self.method,
            format_args!("argument `{name}` (position {position}){place}: {why}"),
        )
    }
}

/// Where inside a value it is refused as a `T`. Only a value that is refused is
/// read this second time.
fn place<'a, T: Deserialize<'a>, D: Deserializer<'a>>(value: D) -> Option<String> {
    let error = serde_path_to_error::deserialize::<D, T>(value).err()?;
    let path = error.path();
    (path.iter().len() > 0).then(|| path.to_string())
}

/// Longest text of a fault, in bytes or nearly: it may show what the caller sent.
const MAX_TEXT: usize = 1024;

fn invalid(method: &MethodDescriptor, text: impl fmt::Display) -> Fault {
    let text = format!("`{}`: {text}", method.name());
    Fault::new(FaultCode::InvalidArguments, without_middle(text))
}

/// The text, or its beginning and its end: the end says what was expected.
fn without_middle(text: String) -> String {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let boundary = |from: usize| (from..text.len()).find(|&index| text.is_char_boundary(index));
    let beginning = &text[..boundary(MAX_TEXT / 2).unwrap_or(0)];
    let end = &text[boundary(text.len() - MAX_TEXT / 2).unwrap_or(text.len())..];
    format!("{beginning} … {end}")
}

/// One raw value as a deserializer, for lists made of raw values.
struct Element<'a>(&'a RawValue);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Element<'de> {
    type Deserializer = &'de RawValue;

    fn into_deserializer(self) -> Self::Deserializer {
        self.0
    }
}

#[cfg(test)]
mod tests;
