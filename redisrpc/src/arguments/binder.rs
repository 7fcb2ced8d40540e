//! Each argument of a request is given its place.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Given;
use crate::{
    descriptor::{ArgumentDescriptor, MethodDescriptor},
    wire::{Text, request::Request},
};

/// Most members of an object of positions and names: each takes room before it is
/// known whether the method has such an argument.
const MOST_MEMBERS: usize = 1024;

/// Fills the places, until the first fault: an error is its text.
pub(super) struct Binder<'b, 'a> {
    bound: &'b mut [Option<Given<'a>>],
    /// Further ones by position.
    pub(super) rest: Vec<&'a RawValue>,
    /// Where the argument stands that takes all further ones, if there is one.
    rest_from: Option<usize>,
    method: &'static MethodDescriptor,
    /// The names that the object being read has given so far: never more than
    /// the method's arguments have.
    pub(super) given: Vec<Text<'a>>,
    /// What those being read are in.
    codec: fn(&'a RawValue) -> Given<'a>,
}

impl<'b, 'a> Binder<'b, 'a> {
    pub(super) fn new(
        bound: &'b mut [Option<Given<'a>>],
        method: &'static MethodDescriptor,
    ) -> Self {
        let arguments = method.arguments();
        Self {
            bound,
            rest: Vec::new(),
            rest_from: arguments.iter().position(ArgumentDescriptor::is_rest),
            method,
            given: Vec::new(),
            codec: Given::Json,
        }
    }

    #[cfg(not(feature = "msgpack"))]
    pub(super) fn all(&mut self, request: &Request<'a>) -> Result<(), String> {
        self.positional(request.args)?;
        self.named(request.kwargs)
    }

    /// Those in JSON, then those in MessagePack.
    #[cfg(feature = "msgpack")]
    pub(super) fn all(&mut self, request: &Request<'a>) -> Result<(), String> {
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
    /// keys are positions (WIRE, "what clients send"). How many there are is returned.
    pub(super) fn positional(&mut self, args: Option<&'a RawValue>) -> Result<usize, String> {
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

    pub(super) fn named(&mut self, kwargs: Option<&'a RawValue>) -> Result<(), String> {
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
