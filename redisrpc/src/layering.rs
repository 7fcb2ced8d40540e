//! Stacks of `tower` layers whose types nobody has to name.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use tower_service::Service;

/// Any error, as `tower` has it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a stack is becoming.
pub(crate) type Becoming<A, E> = Pin<Box<dyn Future<Output = Result<A, E>> + Send>>;

/// An error that those of any layer become.
pub trait FromLayer: Sized {
    /// Itself, if that is what it is; its text otherwise.
    fn from_layer(error: BoxError) -> Self;
}

/// A service of any type, behind a clone of which a request is answered: what a layer
/// is put around, and what comes of that.
pub struct Stack<Q, A, E>(Box<dyn Layered<Q, A, E>>);

/// A service of which only this is known.
trait Layered<Q, A, E>: Send {
    fn cloned(&self) -> Box<dyn Layered<Q, A, E>>;
    fn ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>>;
    fn called(&mut self, request: Q) -> Becoming<A, E>;
}

/// A service whose errors become these.
struct Erased<S, E>(S, PhantomData<fn() -> E>);

impl<Q, A, E, S> Layered<Q, A, E> for Erased<S, E>
where
    S: Service<Q, Response = A> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    E: FromLayer + 'static,
{
    fn cloned(&self) -> Box<dyn Layered<Q, A, E>> {
        Box::new(Self(self.0.clone(), PhantomData))
    }

    fn ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.0.poll_ready(cx).map_err(from_layer)
    }

    fn called(&mut self, request: Q) -> Becoming<A, E> {
        let answer = self.0.call(request);
        Box::pin(async { answer.await.map_err(from_layer) })
    }
}

fn from_layer<E: FromLayer>(error: impl Into<BoxError>) -> E {
    E::from_layer(error.into())
}

impl<Q: 'static, A: 'static, E: FromLayer + 'static> Stack<Q, A, E> {
    pub(crate) fn new<S>(service: S) -> Self
    where
        S: Service<Q, Response = A> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
    {
        Self(Box::new(Erased(service, PhantomData)))
    }
}

impl<Q, A, E> Clone for Stack<Q, A, E> {
    fn clone(&self) -> Self {
        Self(self.0.cloned())
    }
}

impl<Q, A, E> Service<Q> for Stack<Q, A, E> {
    type Response = A;
    type Error = E;
    type Future = Becoming<A, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.0.ready(cx)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        self.0.called(request)
    }
}

impl<Q, A, E> fmt::Debug for Stack<Q, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").finish_non_exhaustive()
    }
}
