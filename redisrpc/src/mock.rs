//! Services made of closures, for tests of code that calls.
//!
//! The macro writes a `…Mock` for every service: the same generated client talks
//! to it, through the same wire format, over a broker inside the process. Each
//! handler is a closure of the method's own types, and every call is recorded.
//!
//! ```
//! #[redisrpc::service]
//! pub trait Weather {
//!     async fn temperature(&self, city: &str) -> Result<f64, redisrpc::Error>;
//! }
//!
//! async fn advice(weather: &WeatherClient) -> &'static str {
//!     match weather.temperature("Oslo").await {
//!         Ok(degrees) if degrees > 20.0 => "no coat",
//!         _ => "a coat",
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), redisrpc::Error> {
//! let mock = WeatherMock::new().on_temperature(|city| {
//!     assert_eq!(city, "Oslo");
//!     Ok(25.0)
//! });
//! assert_eq!(advice(&mock.client().await?).await, "no coat");
//! assert_eq!(mock.calls()[0].to_string(), r#"temperature("Oslo")"#);
//! # Ok(())
//! # }
//! ```

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

#[cfg(feature = "msgpack")]
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::{
    broker::Broker,
    client::Client,
    descriptor::ServiceDescriptor,
    error::{Error, Fault, FaultCode},
    server::Server,
    service::{Dispatched, Service},
    wire::request::Request,
};

/// What generated mocks are made of.
#[derive(Clone, Default)]
pub struct Mock {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    handlers: HashMap<&'static str, Handler>,
    calls: Vec<MockCall>,
}

type Handler = Box<dyn FnMut(&Request<'_>) -> Dispatched + Send>;

impl Mock {
    /// A mock that answers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers calls of `method` with `handler`, and no longer with an earlier one.
    pub fn on(
        &self,
        method: &'static str,
        handler: impl FnMut(&Request<'_>) -> Dispatched + Send + 'static,
    ) {
        self.state().handlers.insert(method, Box::new(handler));
    }

    /// A client of this mock, over a broker inside the process. The mock answers
    /// for as long as the runtime lasts.
    ///
    /// # Errors
    ///
    /// None in practice; the type is that of [`Broker::connect`].
    pub async fn client(&self) -> Result<Client, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let broker = Broker::connect(format!("memory://redisrpc-mock-{count}")).await?;
        let client = Client::new(&broker, "mock");
        tokio::spawn(Server::new(&broker, "mock", self.clone()).run());
        Ok(client)
    }

    /// The calls so far, in the order they came.
    #[must_use]
    pub fn calls(&self) -> Vec<MockCall> {
        self.state().calls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").finish_non_exhaustive()
    }
}

/// One call that a mock was given.
#[derive(Debug, Clone, PartialEq)]
pub struct MockCall {
    method: String,
    positional: Vec<Value>,
    named: Map<String, Value>,
}

impl MockCall {
    fn of(request: &Request<'_>) -> Self {
        let read = |json: &str| serde_json::from_str(json).unwrap_or(Value::Null);
        let positional = match request.args.map(|args| read(args.get())) {
            Some(Value::Array(positional)) => positional,
            _ => Vec::new(),
        };
        let named = match request.kwargs.map(|kwargs| read(kwargs.get())) {
            Some(Value::Object(named)) => named,
            _ => Map::new(),
        };
        #[cfg(feature = "msgpack")]
        let (positional, named) = with_packed(request, positional, named);
        Self {
            method: request.method().to_owned(),
            positional,
            named,
        }
    }

    /// The method's name on the wire.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The positional arguments, as JSON.
    #[must_use]
    pub fn arguments(&self) -> &[Value] {
        &self.positional
    }

    /// The named arguments, as JSON.
    #[must_use]
    pub fn named_arguments(&self) -> &Map<String, Value> {
        &self.named
    }
}

/// These arguments, and those in MessagePack.
#[cfg(feature = "msgpack")]
fn with_packed(
    request: &Request<'_>,
    mut positional: Vec<Value>,
    mut named: Map<String, Value>,
) -> (Vec<Value>, Map<String, Value>) {
    let read = |json: &RawValue| serde_json::from_str(json.get()).unwrap_or(Value::Null);
    let args = request.packed.args_in_json().unwrap_or_default();
    positional.extend(args.iter().map(|json| read(json)));
    let kwargs = request.packed.kwargs_in_json().unwrap_or_default();
    named.extend(kwargs.into_iter().map(|(name, json)| (name, read(&json))));
    (positional, named)
}

/// As one would write it: `add(1.0, b=2.0)`.
impl fmt::Display for MockCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positional = self.positional.iter().map(Value::to_string);
        let named = self
            .named
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let arguments: Vec<String> = positional.chain(named).collect();
        write!(f, "{}({})", self.method, arguments.join(", "))
    }
}

// Nobody who has something that is not a service means this one.
#[diagnostic::do_not_recommend]
impl Service for Mock {
    type Cell = Self;
    const DESCRIPTOR: &'static ServiceDescriptor = &ServiceDescriptor::new("Mock", "", &[]);
    const ORDERED: bool = true;

    fn into_cell(self) -> Self {
        self
    }

    fn dispatch<'a>(
        cell: &'a Arc<Self>,
        request: &'a Request<'a>,
    ) -> impl Future<Output = Dispatched> + Send + 'a {
        let mut state = cell.state();
        state.calls.push(MockCall::of(request));
        let dispatched = match state.handlers.get_mut(request.method()) {
            Some(handler) => handler(request),
            None => Err(Fault::new(
                FaultCode::MethodNotFound,
                format!("the mock has no handler for `{}`", request.method()),
            )),
        };
        std::future::ready(dispatched)
    }
}
