//! Layers of `tower` around the calls of a client.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use tower_layer::Layer;
use tower_service::Service;

use super::{
    Client,
    call::{Reply, State},
    lock,
    outgoing::{Came, InFlight, Outgoing},
};
use crate::{
    error::Error,
    layering::{Becoming, BoxError, FromLayer, Stack},
    metadata::Metadata,
};

/// Makes calls: what a client's layers are put around.
pub type Caller = Stack<ClientRequest, ClientReply, Error>;

/// A call that is about to be made, as often as it is given to a [`Caller`].
#[derive(Debug, Clone)]
pub struct ClientRequest(Outgoing);

impl ClientRequest {
    /// The method's name.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// The queue that it will go to.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.0.queue.name
    }

    /// Longest time that it may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// Longest time that it may take from now on.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.0.set_timeout(timeout);
    }

    /// Whether running it twice is the same as running it once.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.0.idempotent
    }

    /// What it says beside its arguments.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        Arc::make_mut(self.0.metadata.get_or_insert_default())
    }
}

/// A reply that was not read yet: by itself it says nothing of how the method fared. That
/// of a [stream](crate::StreamCall) has come when the stream begins.
#[derive(Debug, Clone)]
pub struct ClientReply(Answer);

#[derive(Clone)]
enum Answer {
    Whole(Reply),
    /// Until its caller takes it.
    Stream(Arc<Mutex<Option<Begun>>>),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole",
            Self::Stream(_) => "Stream",
        })
    }
}

/// A stream, and what has come of it first.
pub(super) struct Begun {
    pub(super) call: InFlight,
    pub(super) came: Came,
}

impl FromLayer for Error {
    fn from_layer(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Layer(error.to_string()),
        }
    }
}

/// The layers that a client was given, the outermost first, and what they have become.
#[derive(Clone)]
pub(super) struct Layers {
    wraps: Vec<Arc<Wrap>>,
    caller: Arc<Mutex<Caller>>,
}

/// Puts a layer around a caller.
type Wrap = dyn Fn(Caller) -> Caller + Send + Sync;

impl Layers {
    fn with(mut wraps: Vec<Arc<Wrap>>, wrap: Arc<Wrap>) -> Self {
        wraps.push(wrap);
        let innermost = Caller::new(Innermost);
        let caller = wraps
            .iter()
            .rev()
            .fold(innermost, |caller, wrap| wrap(caller));
        Self {
            wraps,
            caller: Arc::new(Mutex::new(caller)),
        }
    }

    /// What comes of this call.
    pub(super) async fn run(self: Arc<Self>, request: Outgoing) -> Result<Reply, Error> {
        match self.answer(request).await? {
            Answer::Whole(reply) => Ok(reply),
            Answer::Stream(_) => Err(mistaken("a layer answered a call with a stream")),
        }
    }

    /// The stream that this call opens.
    pub(super) async fn begin(self: Arc<Self>, request: Outgoing) -> Result<Begun, Error> {
        match self.answer(request).await? {
            Answer::Whole(_) => Err(mistaken("a layer answered a stream with a whole reply")),
            Answer::Stream(begun) => lock(&begun)
                .take()
                .ok_or_else(|| mistaken("a layer answered two calls with one stream")),
        }
    }

    async fn answer(&self, request: Outgoing) -> Result<Answer, Error> {
        let mut caller = lock(&self.caller).clone();
        poll_fn(|cx| caller.poll_ready(cx)).await?;
        let ClientReply(answer) = caller.call(ClientRequest(request)).await?;
        Ok(answer)
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layers").field(&self.wraps.len()).finish()
    }
}

/// A layer gave a reply to another call than it is of.
fn mistaken(what: &str) -> Error {
    Error::Layer(what.to_owned())
}

/// Makes a call that is answered by a stream, and waits for its beginning.
async fn begin(request: Outgoing) -> Result<ClientReply, Error> {
    let credit = request.credit.unwrap_or_default();
    let mut request = Some(request);
    let send = |cx: &mut Context<'_>| match request.take() {
        Some(request) => Poll::Ready(request.send(cx.waker())),
        None => Poll::Ready(Err(Error::Closed)),
    };
    let mut call = poll_fn(send).await?;
    // For it to be said now and then that the stream is wanted.
    call.takes(credit);
    let came = poll_fn(|cx| call.poll_part(cx)).await?;
    let begun = Mutex::new(Some(Begun { call, came }));
    Ok(ClientReply(Answer::Stream(Arc::new(begun))))
}

/// What is inside of all layers: the call itself, and its retries.
#[derive(Clone)]
struct Innermost;

impl Service<ClientRequest> for Innermost {
    type Response = ClientReply;
    type Error = Error;
    type Future = Becoming<ClientReply, Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, ClientRequest(request): ClientRequest) -> Self::Future {
        if request.credit.is_some() {
            return Box::pin(begin(request));
        }
        let mut state = State::New(request);
        Box::pin(async move {
            let reply = poll_fn(|cx| state.poll(cx)).await?;
            Ok(ClientReply(Answer::Whole(reply)))
        })
    }
}

impl Client {
    /// Puts a layer of `tower` around all calls: a timeout, a retry, or one of your own.
    /// The first that is given is the outermost; a `tower::ServiceBuilder` with several
    /// is a layer too. Clones of the client share them.
    ///
    /// A layer sees each [`ClientRequest`] before it is sent, and its reply unread.
    /// [Retries](Self::retry) of the client's own are inside of all layers. An error of a
    /// layer's own is the call's, as [`Error::Layer`]. To them a [stream](crate::StreamCall)
    /// is a call that is over when it has begun.
    ///
    /// The guide on [middleware](crate::guide::middleware) has examples.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Caller> + Send + Sync + 'static,
        L::Service: Service<ClientRequest, Response = ClientReply> + Clone + Send + 'static,
        <L::Service as Service<ClientRequest>>::Error: Into<BoxError>,
        <L::Service as Service<ClientRequest>>::Future: Send + 'static,
    {
        let wrap = Arc::new(move |caller| Caller::new(layer.layer(caller)));
        let wraps = self.layers.map(|layers| layers.wraps.clone());
        self.layers = Some(Arc::new(Layers::with(wraps.unwrap_or_default(), wrap)));
        self
    }
}
