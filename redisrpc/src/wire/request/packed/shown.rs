//! What is packed, as people read it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Packed, argument};
use crate::wire::msgpack;
#[cfg(feature = "cli")]
use crate::wire::request::Request;

/// Arguments by position.
type Args = Vec<Box<RawValue>>;

/// Arguments by name.
type Kwargs = BTreeMap<String, Box<RawValue>>;

impl Packed<'_> {
    /// Those by position, in JSON.
    ///
    /// # Errors
    ///
    /// A text that says what cannot be read.
    pub(crate) fn args_in_json(&self) -> Result<Args, String> {
        let args: Vec<&RawValue> = read(self.args)?;
        args.into_iter().map(in_json).collect()
    }

    /// Those by name, in JSON.
    ///
    /// # Errors
    ///
    /// A text that says what cannot be read.
    pub(crate) fn kwargs_in_json(&self) -> Result<Kwargs, String> {
        let kwargs: BTreeMap<String, &RawValue> = read(self.kwargs)?;
        let in_json = |(name, argument)| Ok((name, in_json(argument)?));
        kwargs.into_iter().map(in_json).collect()
    }

    /// All arguments of a packed call, in JSON; `None` for a call that is none.
    #[cfg(feature = "cli")]
    pub(crate) fn all_in_json(&self, request: &Request<'_>) -> Option<(Args, Kwargs)> {
        self.args.or(self.kwargs)?;
        let mut args: Args = read(request.args).ok()?;
        args.extend(self.args_in_json().ok()?);
        let mut kwargs: Kwargs = read(request.kwargs).ok()?;
        kwargs.extend(self.kwargs_in_json().ok()?);
        Some((args, kwargs))
    }
}

fn read<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> Result<T, String> {
    let read = raw.map(|raw| serde_json::from_str(raw.get()));
    let read = read.transpose().map_err(|error| error.to_string())?;
    Ok(read.unwrap_or_default())
}

fn in_json(packed: &RawValue) -> Result<Box<RawValue>, String> {
    let json = msgpack::to_json(&argument(packed)?)?;
    RawValue::from_string(json).map_err(|error| error.to_string())
}
