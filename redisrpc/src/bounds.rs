//! What the types in a service's signatures must be able to do, asserted where
//! the user wrote them.

/// The parts of a `Result`, whatever alias it was written as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is named like a `Result` and is none",
    label = "expected a `Result<T, E>` or an alias of one"
)]
pub trait ResultType {
    /// The type of its `Ok`.
    type Value;
    /// The type of its `Err`.
    type Error;
}

impl<T, E> ResultType for Result<T, E> {
    type Value = T;
    type Error = E;
}
