//! One difference between two contracts.

use std::fmt;

use crate::model::{Argument, Method};

/// One difference between an old contract and a new one.
///
/// Its display is a sentence that names the old form: "`div`: argument `b: f64` was
/// removed".
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a change is only told of"]
pub struct Change {
    method: String,
    argument: Option<String>,
    text: String,
    breaking: bool,
}

impl Change {
    /// A change of the method as such.
    pub(crate) fn of(method: &Method, text: impl Into<String>) -> Self {
        Self {
            method: method.name.clone(),
            argument: None,
            text: text.into(),
            breaking: false,
        }
    }

    /// The same, as one of an argument.
    pub(crate) fn at(mut self, argument: &Argument) -> Self {
        self.argument = Some(argument.name.clone());
        self
    }

    /// The same, as one that breaks callers.
    pub(crate) fn breaking(self) -> Self {
        self.breaking_if(true)
    }

    /// The same, as one that breaks callers if this holds.
    pub(crate) fn breaking_if(mut self, breaking: bool) -> Self {
        self.breaking = breaking;
        self
    }

    /// The method that changed: its new name, or the old one if it is gone.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The argument that changed: its new name, or the old one if it is gone;
    /// nothing if the change is not one of an argument.
    #[must_use]
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// Whether a caller that was written against the old contract may fail now.
    #[must_use]
    pub fn is_breaking(&self) -> bool {
        self.breaking
    }

    /// The change without the method's name in front, for where that is shown
    /// already.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.method, self.text)
    }
}
