//! A request's arguments, bound to a method's by Python's rules: positional
//! first, then named, then defaults. Every error names the method, and the
//! argument with its position.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::SeqDeserializer,
    },
};
use serde_json::value::RawValue;

#[cfg(feature = "msgpack")]
use crate::wire::{msgpack, request::packed};
use crate::{
    descriptor::{ArgumentDescriptor, MethodDescriptor},
    error::{Fault, FaultCode},
    wire::{
        Text,
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
        let arguments = method.arguments();
        let mut bound = [None; N];
        let mut binder = Binder {
            bound: &mut bound,
            rest: Vec::new(),
            rest_from: arguments.iter().position(ArgumentDescriptor::is_rest),
            method,
            given: Vec::new(),
            codec: Given::Json,
        };
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
        let unreadable = |why: String| {
            let name = self.method.arguments()[index].name();
            let position = index + 1;
            invalid(
                self.method,
                format_args!("argument `{name}` (position {position}): {why}"),
            )
        };
        let packed = packed::argument(raw).map_err(unreadable)?;
        msgpack::read(&packed).or_else(|_| {
            let json = msgpack::to_json(&packed).map_err(unreadable)?;
            let reader = || serde_json::Deserializer::from_reader(json.as_bytes());
            T::deserialize(&mut reader())
                .map_err(|error| self.wrong_type(index, &error, place::<T, _>(&mut reader())))
        })
    }

    fn wrong_type(&self, index: usize, error: &serde_json::Error, place: Option<String>) -> Fault {
        let name = self.method.arguments()[index].name();
        let position = index + 1;
        let place = place.map_or_else(String::new, |place| format!(", at `{place}`"));
        let what = error.to_string();
        // The line and column are those of the single value, not of the request.
        let what = match what.rsplit_once(" at line ") {
            Some((what, _)) if error.line() > 0 => what,
            _ => &what,
        };
        invalid(
            self.method,
            format_args!("argument `{name}` (position {position}){place}: {what}"),
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

/// Most members of an object of positions and names: each takes room before it is
/// known whether the method has such an argument.
const MOST_MEMBERS: usize = 1024;

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

/// Fills the places, until the first fault: an error is its text.
struct Binder<'b, 'a> {
    bound: &'b mut [Option<Given<'a>>],
    rest: Vec<&'a RawValue>,
    /// Where the argument stands that takes all further ones, if there is one.
    rest_from: Option<usize>,
    method: &'static MethodDescriptor,
    /// The names that the object being read has given so far: never more than
    /// the method's arguments have.
    given: Vec<Text<'a>>,
    /// What those being read are in.
    codec: fn(&'a RawValue) -> Given<'a>,
}

impl<'a> Binder<'_, 'a> {
    #[cfg(not(feature = "msgpack"))]
    fn all(&mut self, request: &Request<'a>) -> Result<(), String> {
        self.positional(request.args)?;
        self.named(request.kwargs)
    }

    /// Those in JSON, then those in MessagePack.
    #[cfg(feature = "msgpack")]
    fn all(&mut self, request: &Request<'a>) -> Result<(), String> {
        let packed = &request.packed;
        let before = self.positional(request.args)?;
        if let Some(args) = packed.args {
            self.codec = Given::Packed;
            self.list(args.get(), before)?;
            self.codec = Given::Json;
        }
        self.named(request.kwargs)?;
        self.codec = Given::Packed;
        self.named(packed.kwargs)
    }

    /// `args`: a list; from PHP 8 with named arguments, an object whose numeric
    /// keys are positions (WIRE, "what clients send").
    /// How many there are is returned.
    fn positional(&mut self, args: Option<&'a RawValue>) -> Result<usize, String> {
        let Some(json) = args.map(RawValue::get).filter(|json| *json != "null") else {
            return Ok(0);
        };
        if json.starts_with('{') {
            self.mixed(json)
        } else if json.starts_with('[') {
            self.list(json, 0)
        } else {
            Err("`args` must be a list".to_owned())
        }
    }

    /// A list that begins after so many other arguments; with them there are as many as is
    /// returned.
    fn list(&mut self, json: &'a str, before: usize) -> Result<usize, String> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let given = reader
            .deserialize_seq(Positions(self, before))
            .map_err(|error| format!("`args` cannot be read: {error}"))?;
        self.check_count(given)?;
        Ok(given)
    }

    /// Positions first, in their order, then names: whatever the object's order.
    fn mixed(&mut self, json: &'a str) -> Result<usize, String> {
        let mut positions = BTreeMap::new();
        let mut names = Vec::new();
        for (name, raw) in members(json)? {
            match position(name.as_str()) {
                Some(position) => _ = positions.insert(position, raw),
                None => names.push((name, raw)),
            }
        }
        let last = positions.keys().next_back();
        let given = last.map_or(0, |last| last.saturating_add(1));
        for (position, raw) in positions {
            self.place(position, raw);
        }
        self.check_count(given)?;
        names
            .into_iter()
            .try_for_each(|(name, raw)| self.name(name, raw))?;
        Ok(given)
    }

    fn named(&mut self, kwargs: Option<&'a RawValue>) -> Result<(), String> {
        let Some(json) = kwargs.map(RawValue::get).filter(|json| *json != "null") else {
            return Ok(());
        };
        if json.starts_with('{') {
            self.given.clear();
            let mut reader = serde_json::Deserializer::from_str(json);
            reader
                .deserialize_map(Names(self))
                .map_err(|error| format!("`kwargs` cannot be read: {error}"))?
        } else if serde_json::from_str::<[IgnoredAny; 0]>(json).is_ok() {
            // PHP writes an empty map as a list.
            Ok(())
        } else {
            Err("`kwargs` must be an object".to_owned())
        }
    }

    /// Fills a place by position; one too many is left to [`Self::check_count`].
    fn place(&mut self, position: usize, raw: &'a RawValue) {
        if self.rest_from.is_some_and(|rest| position >= rest) {
            self.rest.push(raw);
        } else if let Some(place) = self.bound.get_mut(position) {
            *place = Some((self.codec)(raw));
        }
    }

    fn check_count(&self, given: usize) -> Result<(), String> {
        let count = self.bound.len();
        if given <= count || self.rest_from.is_some() {
            return Ok(());
        }
        let arguments = match count {
            0 => "no arguments".to_owned(),
            1 => "1 argument".to_owned(),
            _ => format!("{count} arguments"),
        };
        let were = if given == 1 { "was" } else { "were" };
        Err(format!("takes {arguments}, {given} {were} given"))
    }

    fn name(&mut self, name: Text<'a>, raw: &'a RawValue) -> Result<(), String> {
        let arguments = self.method.arguments();
        let position = arguments
            .iter()
            .position(|argument| argument.answers_to(name.as_str()) && !argument.is_rest());
        let Some(position) = position else {
            let (name, expected) = (name.as_str(), expected(arguments));
            return Err(format!("unexpected argument `{name}`, {expected}"));
        };
        // Of duplicate members the last counts, as in every JSON reader of the
        // old peers; a name beside a position, or beside an alias, is a mistake.
        let again = self.given.contains(&name);
        if self.bound[position].is_some() && !again {
            let argument = arguments[position].name();
            return Err(format!("multiple values for `{argument}`"));
        }
        self.bound[position] = Some((self.codec)(raw));
        if !again {
            self.given.push(name);
        }
        Ok(())
    }
}

/// The position that a member's name is: PHP writes them in plain digits.
fn position(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| name.parse().ok()).flatten()
}

fn expected(arguments: &[ArgumentDescriptor]) -> String {
    let names: Vec<_> = arguments
        .iter()
        .filter(|argument| !argument.is_rest())
        .map(|argument| format!("`{}`", argument.name()))
        .collect();
    if names.is_empty() {
        "it takes no named arguments".to_owned()
    } else {
        format!("expected {}", names.join(", "))
    }
}

/// Fills the places with a list's elements, from this one on, and counts them.
struct Positions<'m, 'b, 'a>(&'m mut Binder<'b, 'a>, usize);

impl<'de> Visitor<'de> for Positions<'_, '_, 'de> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut given = self.1;
        while let Some(raw) = seq.next_element()? {
            self.0.place(given, raw);
            given += 1;
        }
        Ok(given)
    }
}

/// Fills the places with an object's members; nothing is kept of what follows the
/// first mistake.
struct Names<'m, 'b, 'a>(&'m mut Binder<'b, 'a>);

impl<'de> Visitor<'de> for Names<'_, '_, 'de> {
    type Value = Result<(), String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of arguments")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut named = Ok(());
        while let Some((name, raw)) = map.next_entry()? {
            if named.is_ok() {
                named = self.0.name(name, raw);
            }
        }
        Ok(named)
    }
}

/// An object's members in their order, duplicates included.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

/// Reads the members of the object that is the request's `args`.
fn members<'a>(json: &'a str) -> Result<Vec<(Text<'a>, &'a RawValue)>, String> {
    match serde_json::from_str(json) {
        Ok(Members(members)) => Ok(members),
        Err(error) => Err(format!("`args` cannot be read: {error}")),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of arguments")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    if members.len() == MOST_MEMBERS {
                        let why = format!("it has more than {MOST_MEMBERS} members");
                        return Err(de::Error::custom(why));
                    }
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests;
