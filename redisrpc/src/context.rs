//! What a method may know of the call that it runs for.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time;

use crate::{
    cancellation::Cancellation,
    descriptor::MethodDescriptor,
    metadata::Metadata,
    wire::{origin::Origin, request::Request},
};

/// The call that a method runs for: its deadline, and whether anybody still waits.
///
/// A method of a service that has an argument `&Context`, wherever among the others,
/// is told of its call. Callers know nothing of that argument: it is no part of the
/// request, of the stub or of the contract.
///
/// A clone may be kept, by a task that outlives the method too.
///
/// # Examples
///
/// ```
/// use redisrpc::{Broker, Context, Server};
///
/// struct Library;
///
/// #[redisrpc::service]
/// impl Library {
///     /// As many titles as there is time for.
///     pub async fn find(&self, context: &Context, shelves: u32) -> Vec<String> {
///         let mut found = Vec::new();
///         for shelf in 0..shelves {
///             if context.is_cancelled() {
///                 break;
///             }
///             found.push(format!("a book on shelf {shelf}"));
///         }
///         found
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), redisrpc::Error> {
/// let redis = Broker::connect("memory://context-example").await?;
/// tokio::spawn(Server::new(&redis, "library", Library).run());
/// let library = LibraryClient::new(&redis, "library");
/// assert_eq!(library.find(2).await?.len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// A method can be called as any other, for example in a test of it:
///
/// ```
/// # use redisrpc::Context;
/// # struct Library;
/// # #[redisrpc::service]
/// # impl Library {
/// #     pub fn find(&self, context: &Context, shelves: u32) -> u32 { shelves }
/// # }
/// assert_eq!(Library.find(&Context::default(), 3), 3);
/// ```
#[derive(Debug, Clone)]
pub struct Context {
    method: &'static str,
    queue: Option<Arc<str>>,
    deadline: Option<Instant>,
    is_old: bool,
    /// `None` if there is none.
    metadata: Option<Arc<Metadata>>,
    /// `None` if nobody could tell.
    cancellation: Option<Arc<Cancellation>>,
}

impl Default for Context {
    /// The context of no call: it has no deadline, and nobody gives it up.
    fn default() -> Self {
        Self {
            method: "",
            queue: None,
            deadline: None,
            is_old: false,
            metadata: None,
            cancellation: None,
        }
    }
}

impl Context {
    pub(crate) fn of(request: &Request<'_>, method: &'static MethodDescriptor) -> Self {
        let context = request.context.as_ref();
        let told = |origin: Origin<'_>| Arc::clone(origin.cancellation.get_or_init(Arc::default));
        Self {
            method: method.name(),
            queue: request.origin.map(|origin| Arc::clone(origin.queue)),
            deadline: request.origin.and_then(|origin| origin.deadline),
            is_old: context.is_none(),
            metadata: context.and_then(|it| it.metadata()).map(Arc::new),
            cancellation: request.origin.map(told),
        }
    }

    /// The method's name on the wire, also when it was called by an alias.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The queue that the request was taken from.
    #[must_use]
    pub fn queue(&self) -> &str {
        self.queue.as_deref().unwrap_or_default()
    }

    /// When the caller stops waiting. `None` if it never does, or does not say:
    /// [old callers](Self::is_old) do not, nor those who wait for no reply.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long the caller still waits; nothing when its time is up. `None` if there
    /// is no [deadline](Self::deadline).
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let deadline = self.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// What the caller says beside the arguments.
    ///
    /// ```
    /// use redisrpc::{Broker, Context, Server};
    ///
    /// struct Greeter;
    ///
    /// #[redisrpc::service]
    /// impl Greeter {
    ///     pub fn greet(&self, context: &Context) -> String {
    ///         match context.metadata().get("language") {
    ///             Some("de") => "Hallo".to_owned(),
    ///             _ => "Hello".to_owned(),
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), redisrpc::Error> {
    /// # let redis = Broker::connect("memory://context-metadata-example").await?;
    /// # tokio::spawn(Server::new(&redis, "greeter", Greeter).run());
    /// let greeter = GreeterClient::new(&redis, "greeter");
    /// assert_eq!(greeter.greet().metadata("language", "de").await?, "Hallo");
    /// assert_eq!(greeter.greet().await?, "Hello");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        static NONE: Metadata = Metadata::new();
        self.metadata.as_deref().unwrap_or(&NONE)
    }

    /// Whether the caller is an old one, which sends a call's arguments and nothing
    /// else: no deadline, and no word when it gives up.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.is_old
    }

    /// Whether nobody waits for the reply any more: the call's time is up, or its
    /// future was dropped and the caller has said so.
    ///
    /// Where the caller says so, the future of an `async` method is dropped. So it is a
    /// method that is `blocking` or `detached` that has a use for this, or a task with a
    /// clone.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let given_up = self.cancellation.as_deref();
        given_up.is_some_and(Cancellation::is_cancelled)
            || self.remaining().is_some_and(|left| left.is_zero())
    }

    /// Waits until nobody waits for the reply any more; for ever if somebody does, or
    /// if the caller never says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does nothing.
    pub async fn cancelled(&self) {
        let given_up = async {
            match &self.cancellation {
                Some(cancellation) => cancellation.cancelled().await,
                None => pending().await,
            }
        };
        let late = async {
            match self.deadline {
                Some(deadline) => time::sleep_until(deadline.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = given_up => {}
            () = late => {}
        }
    }
}
