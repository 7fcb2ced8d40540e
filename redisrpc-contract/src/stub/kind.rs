//! What languages tell apart among the types of Rust's standard library.

use crate::types::Type;

/// What a value is in JSON, and whatever more is known of it.
pub(super) enum Kind<'a> {
    Unit,
    Float,
    Integer,
    Bool,
    Text,
    Optional(&'a Type),
    List(&'a Type),
    Tuple(&'a [Type]),
    /// Texts to values of this type.
    Map(&'a Type),
    /// A type of somebody's own, which may be anything.
    Unknown,
}

impl<'a> Kind<'a> {
    pub(super) fn of(ty: &'a Type) -> Self {
        match ty {
            Type::Tuple(parts) if parts.is_empty() => return Self::Unit,
            Type::Tuple(parts) => return Self::Tuple(parts),
            Type::List(item) | Type::Array(item, _) => return Self::List(item),
            Type::Path(..) | Type::Other(_) => {}
        }
        match ty.named() {
            Some(("f32" | "f64", [])) => Self::Float,
            Some((name, [])) if is_integer(name) => Self::Integer,
            Some(("bool", [])) => Self::Bool,
            Some(("String" | "char" | "PathBuf" | "Path", [])) => Self::Text,
            Some(("Option", [inside])) => Self::Optional(inside),
            Some((
                "VecDeque" | "HashSet" | "BTreeSet" | "LinkedList" | "BinaryHeap" | "Stream",
                [item],
            )) => Self::List(item),
            Some(("Arc" | "Rc", [inside])) => Self::of(inside),
            Some(("HashMap" | "BTreeMap" | "IndexMap", [_, value])) => Self::Map(value),
            _ => Self::Unknown,
        }
    }
}

fn is_integer(name: &str) -> bool {
    let size = name.strip_prefix(['u', 'i']);
    size.is_some_and(|size| matches!(size, "8" | "16" | "32" | "64" | "128" | "size"))
}
