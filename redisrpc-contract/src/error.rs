//! Why a file is no contract.

use std::{error::Error, fmt};

/// A text is not the contract it should be.
///
/// Its display says what is wrong and, where that can be told, in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractError {
    text: String,
    line: Option<usize>,
}

impl ContractError {
    pub(crate) fn new(text: impl Into<String>, line: Option<usize>) -> Self {
        let text = text.into();
        Self { text, line }
    }

    /// The line of the text that is wrong; the first is 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl Error for ContractError {}

impl From<serde_json::Error> for ContractError {
    fn from(error: serde_json::Error) -> Self {
        // It ends in where it is, which is told here in front.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = whole.strip_suffix(&place).unwrap_or(&whole);
        Self::new(text, (error.line() > 0).then(|| error.line()))
    }
}
