//! What travels, the same for all.

use serde::{Deserialize, Serialize};

/// A struct as services have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub name: String,
    pub x: f64,
    pub y: f64,
    pub tags: Option<Vec<String>>,
}

/// An error as services have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Refused {
    TooLarge { limit: u32 },
    Unknown(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "more than {limit}"),
            Self::Unknown(name) => write!(f, "`{name}` is unknown"),
        }
    }
}

impl std::error::Error for Refused {}
