//! What was found.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// It is as it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// It may bite one day.
    Warning,
    /// Calls fail or get lost.
    Problem,
}

/// One thing that was looked at, and how it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// What it is about; the same in every release.
    pub(super) check: &'static str,
    /// How it is.
    pub(super) found: String,
    /// What that means; empty where nothing is to be said.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) means: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) advice: String,
}

impl Finding {
    pub(super) fn new(severity: Severity, check: &'static str, found: impl Into<String>) -> Self {
        Self {
            severity,
            check,
            found: found.into(),
            means: "",
            advice: String::new(),
        }
    }

    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(Severity::Ok, check, found)
    }

    pub(super) fn note(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(Severity::Note, check, found)
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, check, found)
    }

    pub(super) fn problem(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(Severity::Problem, check, found)
    }

    pub(super) fn means(self, means: &'static str) -> Self {
        Self { means, ..self }
    }

    pub(super) fn advice(self, advice: impl Into<String>) -> Self {
        Self {
            advice: advice.into(),
            ..self
        }
    }
}
