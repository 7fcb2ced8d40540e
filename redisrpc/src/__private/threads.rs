//! What is moved to other threads, or shared with them: the object that is served, and
//! what its methods make.

use std::future::Future;

use futures_util::Stream;

use super::bounds::Items;

/// An object whose methods run at the same time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot serve several calls at a time",
    label = "not `Send`, `Sync` and `'static`",
    note = "methods that take `&self` run at the same time and share the object: use atomics or a \
            `Mutex` for `Cell` and `RefCell`, `Arc` for `Rc`, and own what is borrowed",
    note = "or let a method take `&mut self`: then calls run one after the other"
)]
pub trait Shared: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static> Shared for S {}

/// An object whose methods run one after the other.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be moved to the server that runs it",
    label = "not `Send` and `'static`",
    note = "a server runs on any thread: use `Arc` for `Rc`, and own what is borrowed"
)]
pub trait Moved: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Send + 'static> Moved for S {}

/// Checks an object whose methods run at the same time; see [`Checked`].
#[must_use]
pub const fn shared<S: Shared>() -> bool {
    true
}

/// Checks an object whose methods run one after the other; see [`Checked`].
#[must_use]
pub const fn moved<S: Moved>() -> bool {
    true
}

/// What [`Checked`] is made of.
pub trait Check<const PASSED: bool> {
    /// The type that was checked.
    type Object<S>;
}

impl Check<true> for () {
    type Object<S> = S;
}

/// `S`, where the constant is a check of it: `{ shared::<S>() }`. One that does not
/// compile is reported, and makes this no type at all: the compiler has nothing to
/// say any more about what is done with it.
pub type Checked<S, const PASSED: bool> = <() as Check<PASSED>>::Object<S>;

/// The future of a method, known to be `Send`: nobody who awaits it asks again.
///
/// The compiler names the value that is not, and shows the name and the bound of
/// this function beside it.
pub fn methods_run_on_any_thread<F>(future: F) -> impl Future<Output = F::Output> + Send
where
    F: Future + Send, // use `Arc` for `Rc`, or drop what is not `Send` before an `.await`
{
    future
}

/// The stream of a method, known to be `Send`; boxed, so that who polls it asks for
/// nothing again.
pub fn streams_run_on_any_thread<'a, T, S>(stream: S) -> Items<'a, T>
where
    S: Stream<Item = T> + Send + 'a, // use `Arc` for `Rc`, or drop what is not `Send` before an `.await`
{
    Box::pin(stream)
}
