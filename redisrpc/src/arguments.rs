//! A request's arguments, bound to a method's by Python's rules: positional
//! first, then named, then defaults. Every error names the method, and the
//! argument with its position.

use std::fmt;

use serde::{
    Deserialize, Deserializer as _,
    de::{IntoDeserializer, MapAccess, SeqAccess, Visitor, value::SeqDeserializer},
};
use serde_json::value::RawValue;

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
    bound: [Option<&'a RawValue>; N],
    rest: Vec<&'a RawValue>,
    method: &'static MethodDescriptor,
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
        let mut binder = Binder {
            bound: &mut bound,
            rest: Vec::new(),
            method,
            given: Vec::new(),
            fault: None,
        };
        binder.positional(request.args);
        binder.named(request.kwargs);
        let Binder { rest, fault, .. } = binder;
        match fault {
            Some(text) => Err(invalid(method, text)),
            None => Ok(Self {
                bound,
                rest,
                method,
            }),
        }
    }

    /// The argument at `index`. One left out is an error, unless its type is an
    /// `Option` (told by the type itself, whatever it is called).
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] when it is missing or of another type.
    pub fn required<T: Deserialize<'a>>(&self, index: usize) -> Result<T, Fault> {
        match self.bound[index] {
            Some(raw) => self.decode(index, raw),
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
            Some(raw) => self.decode(index, raw),
            None => Ok(default()),
        }
    }

    /// All positional arguments from the one at `index` on, as a list.
    ///
    /// # Errors
    ///
    /// [`FaultCode::InvalidArguments`] when one of them is of another type.
    pub fn rest<T: Deserialize<'a>>(&self, index: usize) -> Result<T, Fault> {
        let elements = self.rest.iter().map(|raw| Element(raw));
        T::deserialize(SeqDeserializer::new(elements))
            .map_err(|error| self.wrong_type(index, "", &error))
    }

    fn decode<T: Deserialize<'a>>(&self, index: usize, raw: &'a RawValue) -> Result<T, Fault> {
        serde_json::from_str(raw.get()).map_err(|error| {
            // Only a value that is refused is read a second time, to say where.
            let mut reader = serde_json::Deserializer::from_str(raw.get());
            match serde_path_to_error::deserialize::<_, T>(&mut reader) {
                Err(error) if error.path().iter().len() > 0 => {
                    let place = format!(", at `{}`", error.path());
                    self.wrong_type(index, &place, error.inner())
                }
                _ => self.wrong_type(index, "", &error),
            }
        })
    }

    fn wrong_type(&self, index: usize, place: &str, error: &serde_json::Error) -> Fault {
        let name = self.method.arguments()[index].name();
        let position = index + 1;
        let error = error.to_string();
        // The line and column are those of the single value, not of the request.
        let what = error.split(" at line ").next().unwrap_or(&error);
        invalid(
            self.method,
            format_args!("argument `{name}` (position {position}){place}: {what}"),
        )
    }
}

fn invalid(method: &MethodDescriptor, text: impl fmt::Display) -> Fault {
    let name = method.name();
    Fault::new(FaultCode::InvalidArguments, format!("`{name}`: {text}"))
}

/// One raw value as a deserializer, for lists made of raw values.
struct Element<'a>(&'a RawValue);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Element<'de> {
    type Deserializer = &'de RawValue;

    fn into_deserializer(self) -> Self::Deserializer {
        self.0
    }
}

/// Fills the places. The first fault is kept and ends the binding.
struct Binder<'b, 'a> {
    bound: &'b mut [Option<&'a RawValue>],
    rest: Vec<&'a RawValue>,
    method: &'static MethodDescriptor,
    /// The names that the object being read has given so far.
    given: Vec<Text<'a>>,
    fault: Option<String>,
}

impl<'b, 'a> Binder<'b, 'a> {
    /// `args`: a list; from PHP 8 with named arguments, an object whose numeric
    /// keys are positions (WIRE, "what clients send").
    fn positional(&mut self, args: Option<&'a RawValue>) {
        let Some(json) = args.map(RawValue::get).filter(|json| *json != "null") else {
            return;
        };
        if json.starts_with('{') {
            self.read(json, |binder, name, raw| match name.as_str().parse() {
                Ok(position) => binder.place(position, raw),
                Err(_) => binder.name(name, raw),
            });
        } else if json.starts_with('[') {
            let mut reader = serde_json::Deserializer::from_str(json);
            if let Err(error) = reader.deserialize_seq(Positions(self)) {
                self.fault(format_args!("`args` cannot be read: {error}"));
            }
        } else {
            self.fault("`args` must be a list");
        }
    }

    fn named(&mut self, kwargs: Option<&'a RawValue>) {
        let Some(json) = kwargs.map(RawValue::get).filter(|json| *json != "null") else {
            return;
        };
        // PHP and Ruby write an empty map as a list.
        if json.starts_with('{') {
            self.read(json, Self::name);
        } else if json != "[]" {
            self.fault("`kwargs` must be an object");
        }
    }

    fn read(&mut self, json: &'a str, member: Member<'b, 'a>) {
        let mut reader = serde_json::Deserializer::from_str(json);
        self.given.clear();
        let members = Members {
            binder: self,
            member,
        };
        if let Err(error) = reader.deserialize_map(members) {
            self.fault(format_args!("arguments cannot be read: {error}"));
        }
    }

    fn place(&mut self, position: usize, raw: &'a RawValue) {
        let arguments = self.method.arguments();
        let rest = arguments.iter().position(ArgumentDescriptor::is_rest);
        if rest.is_some_and(|rest| position >= rest) {
            self.rest.push(raw);
        } else if let Some(place) = self.bound.get_mut(position) {
            *place = Some(raw);
        } else {
            let count = arguments.len();
            let s = if count == 1 { "" } else { "s" };
            self.fault(format_args!("takes {count} argument{s}, more were given"));
        }
    }

    fn name(&mut self, name: Text<'a>, raw: &'a RawValue) {
        let arguments = self.method.arguments();
        let position = arguments
            .iter()
            .position(|argument| argument.answers_to(name.as_str()) && !argument.is_rest());
        let Some(position) = position else {
            let (name, expected) = (name.as_str(), expected(arguments));
            return self.fault(format_args!("unexpected argument `{name}`, {expected}"));
        };
        // Of duplicate members the last counts, as in every JSON reader of the
        // old peers; a name beside a position, or beside an alias, is a mistake.
        let again = self.given.contains(&name);
        if self.bound[position].is_some() && !again {
            let argument = arguments[position].name();
            return self.fault(format_args!("multiple values for `{argument}`"));
        }
        self.bound[position] = Some(raw);
        if !again {
            self.given.push(name);
        }
    }

    fn fault(&mut self, text: impl fmt::Display) {
        self.fault.get_or_insert_with(|| text.to_string());
    }
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

struct Positions<'m, 'b, 'a>(&'m mut Binder<'b, 'a>);

impl<'de> Visitor<'de> for Positions<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut position = 0;
        while let Some(raw) = seq.next_element()? {
            self.0.place(position, raw);
            position += 1;
        }
        Ok(())
    }
}

/// Takes in one member of an object.
type Member<'b, 'a> = fn(&mut Binder<'b, 'a>, Text<'a>, &'a RawValue);

struct Members<'m, 'b, 'a> {
    binder: &'m mut Binder<'b, 'a>,
    member: Member<'b, 'a>,
}

impl<'de> Visitor<'de> for Members<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of arguments")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, raw)) = map.next_entry()? {
            (self.member)(self.binder, name, raw);
        }
        Ok(())
    }
}
