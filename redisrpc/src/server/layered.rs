//! Layers of `tower` around the methods of a server.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, OnceLock},
    time::Instant,
};

use bytes::Bytes;
use tower_layer::Layer;
use tower_service::Service as TowerService;

use super::{Server, dispatch::lock};
use crate::{
    cancellation::Cancellation,
    context::Context,
    descriptor::MethodDescriptor,
    error::{Fault, FaultCode},
    extensions::Extensions,
    layering::{Becoming, BoxError, FromLayer, Stack},
    service::{Dispatched, Service},
    wire::{
        origin::{Origin, Outlet},
        reply::Reply,
        request::Request,
    },
};

/// Runs the method that a request asks for: what a server's layers are put around.
pub type Handler = Stack<ServerRequest, ServerReply, Fault>;

/// A request on its way to its method.
#[derive(Debug)]
pub struct ServerRequest {
    service: &'static str,
    context: Context,
    extensions: Extensions,
    taken: Taken,
}

/// The request itself, and what the server knows of it.
#[derive(Debug)]
struct Taken {
    payload: Bytes,
    queue: Arc<str>,
    deadline: Option<Instant>,
    cancellation: Arc<Cancellation>,
    outlet: Option<Arc<Outlet>>,
}

impl ServerRequest {
    /// The service's name.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The method's name on the wire, also when it was called by an alias.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.context.method()
    }

    /// The call: queue, deadline, what the caller says beside the arguments.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What layers before this one left for those after them.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The same, to leave something for the layers after this one and for the method,
    /// which finds it by [`Context::get`].
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }
}

/// What a method has returned. Errors of its own are a [`Fault`] instead.
#[derive(Debug)]
pub struct ServerReply(Reply);

impl FromLayer for Fault {
    fn from_layer(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(fault) => *fault,
            Err(error) => Self::new(FaultCode::Exception, error.to_string()),
        }
    }
}

/// The layers that a server was given, the outermost first.
#[derive(Clone, Default)]
pub(super) struct Layers(Vec<Arc<Wrap>>);

/// Puts a layer around a handler.
type Wrap = dyn Fn(Handler) -> Handler + Send + Sync;

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layers").field(&self.0.len()).finish()
    }
}

impl Layers {
    /// All layers around the methods of this object; `None` if there are no layers.
    pub(super) fn around<S: Service>(&self, cell: &Arc<S::Cell>) -> Option<Layered> {
        if self.0.is_empty() {
            return None;
        }
        let innermost = Handler::new(Innermost::<S>(Arc::clone(cell)));
        let wrapped = self.0.iter().rev();
        let handler = wrapped.fold(innermost, |handler, wrap| wrap(handler));
        Some(Layered(Mutex::new(handler)))
    }
}

/// The methods of an object, with layers around them.
pub(super) struct Layered(Mutex<Handler>);

impl Layered {
    /// What comes of this request.
    pub(super) async fn run<S: Service>(
        &self,
        payload: &Bytes,
        request: &Request<'_>,
        origin: Origin<'_>,
        method: &'static MethodDescriptor,
    ) -> Dispatched {
        let request = ServerRequest {
            service: S::DESCRIPTOR.name(),
            context: Context::of(request, method),
            extensions: Extensions::default(),
            taken: Taken {
                payload: payload.clone(),
                queue: Arc::clone(origin.queue),
                deadline: origin.deadline,
                cancellation: Arc::clone(origin.cancellation.get_or_init(Arc::default)),
                outlet: origin.outlet.map(Arc::clone),
            },
        };
        let mut handler = lock(&self.0).clone();
        poll_fn(|cx| handler.poll_ready(cx)).await?;
        let ServerReply(reply) = handler.call(request).await?;
        Ok(reply)
    }
}

/// What is inside of all layers: the methods of this object.
struct Innermost<S: Service>(Arc<S::Cell>);

impl<S: Service> Clone for Innermost<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Service> TowerService<ServerRequest> for Innermost<S> {
    type Response = ServerReply;
    type Error = Fault;
    type Future = Becoming<ServerReply, Fault>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Fault>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ServerRequest) -> Self::Future {
        Box::pin(handle::<S>(Arc::clone(&self.0), request))
    }
}

async fn handle<S: Service>(
    cell: Arc<S::Cell>,
    request: ServerRequest,
) -> Result<ServerReply, Fault> {
    let ServerRequest {
        extensions, taken, ..
    } = request;
    let (extensions, cancellation) = (Arc::new(extensions), OnceLock::from(taken.cancellation));
    // It was read before, and nobody has changed it.
    let read = Request::read(&taken.payload);
    let mut request =
        read.map_err(|malformed| Fault::new(FaultCode::InvalidRequest, malformed.why))?;
    request.origin = Some(Origin {
        queue: &taken.queue,
        deadline: taken.deadline,
        cancellation: &cancellation,
        outlet: taken.outlet.as_ref(),
        extensions: Some(&extensions),
    });
    S::dispatch(&cell, &request).await.map(ServerReply)
}

impl Server {
    /// Puts a layer of `tower` around all methods: a limit, a timeout, or one of your
    /// own. The first that is given is the outermost; a `tower::ServiceBuilder` with
    /// several is a layer too.
    ///
    /// A layer sees each [`ServerRequest`] for a method that the service has; not the
    /// arguments, and not what every server answers by itself. Its error is the reply:
    /// a [`Fault`] as it is, any other as its text. Where a layer drops the future of
    /// what it is put around, the method's is dropped. Each of several
    /// [shards](Self::shards) has layers of its own.
    ///
    /// The guide on [middleware](crate::guide::middleware) has examples.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Handler> + Send + Sync + 'static,
        L::Service: TowerService<ServerRequest, Response = ServerReply> + Clone + Send + 'static,
        <L::Service as TowerService<ServerRequest>>::Error: Into<BoxError>,
        <L::Service as TowerService<ServerRequest>>::Future: Send + 'static,
    {
        let wrap = move |handler| Handler::new(layer.layer(handler));
        self.options.layers.0.push(Arc::new(wrap));
        self
    }
}
