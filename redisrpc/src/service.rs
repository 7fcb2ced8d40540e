//! The contract between a service and the server that runs it.
//!
//! [`Service`] is implemented by the [`service`](macro@crate::service) attribute
//! and by nothing else. What the attribute writes, by example:
//!
//! ```
//! #[redisrpc::service]
//! pub trait Greeter {
//!     /// Greets.
//!     async fn greet(&self, name: String) -> String;
//! }
//! ```
//!
//! becomes the trait (its `async fn` now promises a `Send` future), the stub
//! `GreeterClient`, and a wrapper that turns any implementor into a service:
//!
//! ```
//! # use std::{future::Future, sync::Arc};
//! # use redisrpc::{__private as rpc, Broker, Call, Client, Service, descriptor::*};
//! pub trait Greeter {
//!     /// Greets.
//!     fn greet(&self, name: String) -> impl Future<Output = String> + Send;
//! }
//!
//! #[derive(Clone, Debug)]
//! pub struct GreeterClient {
//!     client: Client,
//! }
//!
//! impl GreeterClient {
//!     pub fn new(broker: &Broker, queue: impl Into<String>) -> Self {
//!         Self { client: Client::new(broker, queue) }
//!     }
//!
//!     /// Greets.
//!     pub fn greet(&self, name: String) -> Call<String> {
//!         let mut call = rpc::StubCall::new(&self.client, &GREET);
//!         call.positional(0, &name);
//!         call.returning_value()
//!     }
//! }
//!
//! static GREET: MethodDescriptor =
//!     MethodDescriptor::new("greet", &[ArgumentDescriptor::new("name", "String")], "String")
//!         .with_doc("Greets.");
//! static DESCRIPTOR: ServiceDescriptor = ServiceDescriptor::new("Greeter", "", &[&GREET]);
//!
//! pub struct GreeterService<T>(T);
//!
//! impl<T> GreeterService<T> {
//!     pub fn new(service: T) -> Self {
//!         Self(service)
//!     }
//! }
//!
//! impl<T: Greeter + Send + Sync + 'static> Service for GreeterService<T> {
//!     type Cell = T;
//!     const DESCRIPTOR: &'static ServiceDescriptor = &DESCRIPTOR;
//!     const ORDERED: bool = false;
//!
//!     fn into_cell(self) -> T {
//!         self.0
//!     }
//!
//!     async fn dispatch(cell: &Arc<T>, request: &rpc::Request<'_>) -> rpc::Dispatched {
//!         match request.method() {
//!             "greet" => {
//!                 let arguments = rpc::Arguments::<1>::bind(request, &GREET)?;
//!                 let name: String = arguments.required(0)?;
//!                 rpc::reply_value(request, &cell.greet(name).await)
//!             }
//!             _ => rpc::method_not_found(request, &DESCRIPTOR),
//!         }
//!     }
//! }
//! ```

mod stream;

use std::{fmt, future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

pub(crate) use self::stream::{reply_results, reply_stream};
use crate::{
    context::Context,
    descriptor::{MethodDescriptor, ServiceDescriptor},
    error::{Fault, FaultCode},
    wire::{reply::Reply, request::Request, value},
};

/// An object whose methods can be called from afar; written by
/// [`#[service]`](macro@crate::service), not by hand.
///
/// What it is implemented for is `Send`, or refused by the attribute in words that say
/// what to do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    label = "not a service",
    note = "put `#[redisrpc::service]` on its impl block; for a trait `X` with that attribute, \
            wrap the implementor: `XService::new(…)`"
)]
pub trait Service: Sized + 'static {
    /// How the server holds the object: as it is, or behind a lock when a method
    /// takes `&mut self`.
    #[doc(hidden)]
    type Cell: Send + Sync + 'static;

    /// The service's methods, arguments and documentation.
    const DESCRIPTOR: &'static ServiceDescriptor;

    /// Whether requests run one after the other in queue order: so for services
    /// with a `&mut self` method.
    #[doc(hidden)]
    const ORDERED: bool;

    /// Moves the object into its cell.
    #[doc(hidden)]
    fn into_cell(self) -> Self::Cell;

    /// Runs one request.
    #[doc(hidden)]
    fn dispatch<'a>(
        cell: &'a Arc<Self::Cell>,
        request: &'a Request<'a>,
    ) -> impl Future<Output = Dispatched> + Send + 'a;
}

/// What came of a request: a whole reply, or the fault to reply with.
pub type Dispatched = Result<Reply, Fault>;

/// What the method is told of the call that this request makes.
#[must_use]
pub fn context(request: &Request<'_>, method: &'static MethodDescriptor) -> Context {
    Context::of(request, method)
}

/// The reply of a method that returned `value`.
///
/// # Errors
///
/// [`FaultCode::InvalidReply`] when the value cannot be written as JSON.
pub fn reply_value<T: Serialize + ?Sized>(request: &Request<'_>, value: &T) -> Dispatched {
    #[cfg(feature = "msgpack")]
    let reply = match &request.context {
        Some(caller) if caller.msgpack => Reply::packed(caller.id, value),
        _ => Reply::value(request.native_id(), value),
    };
    #[cfg(not(feature = "msgpack"))]
    let reply = Reply::value(request.native_id(), value);
    reply.map_err(|error| {
        let method = request.method();
        Fault::new(FaultCode::InvalidReply, format!("`{method}`: {error}"))
    })
}

/// The reply of a method that returned `result`; its error travels as its text
/// and, to native callers, as itself.
///
/// # Errors
///
/// The method's error as a fault, or [`FaultCode::InvalidReply`].
pub fn reply_result<T, E>(request: &Request<'_>, result: &Result<T, E>) -> Dispatched
where
    T: Serialize,
    E: ServiceError,
{
    let error = match result {
        Ok(value) => return reply_value(request, value),
        Err(error) => error,
    };
    let fault = Fault::new(FaultCode::ServiceError, error.to_string());
    let mut data = Vec::new();
    // An error that cannot be written as JSON still travels as its text.
    let data = value::write(&mut data, error)
        .ok()
        .and_then(|()| String::from_utf8(data).ok())
        .and_then(|json| RawValue::from_string(json).ok());
    Err(match data {
        Some(data) => fault.with_data(data),
        None => fault,
    })
}

/// Whether a service may have a method of this name: the others are never handed to
/// it. Those that begin with `redisrpc.` are kept for what every server answers, and
/// the attribute refuses longer ones too.
pub(crate) fn may_have(method: &str) -> bool {
    method.len() <= LONGEST && !method.starts_with("redisrpc.")
}

/// Longest name of a method, in bytes.
const LONGEST: usize = 255;

/// The answer to a method the service does not have: its name and the ones there are.
///
/// # Errors
///
/// Always [`FaultCode::MethodNotFound`].
pub fn method_not_found(request: &Request<'_>, service: &'static ServiceDescriptor) -> Dispatched {
    let names: Vec<_> = service
        .methods()
        .iter()
        .map(|method| format!("`{}`", method.name()))
        .collect();
    let there_are = match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    let (method, service) = (request.method(), service.name());
    // A stranger wrote it.
    let method: String = method.chars().take(LONGEST).collect();
    Err(Fault::new(
        FaultCode::MethodNotFound,
        format!("{service} has no method `{method}`; it has {there_are}"),
    ))
}

/// A service's own error: one that travels as itself and has a text for old peers.
///
/// Implemented for every type that is `Serialize + DeserializeOwned + Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service method",
    label = "this error type cannot travel",
    note = "an error needs `#[derive(serde::Serialize, serde::Deserialize)]`, and `Display` for \
            the text that old callers see (`#[derive(thiserror::Error)]` writes it)"
)]
pub trait ServiceError: Serialize + DeserializeOwned + fmt::Display {}

impl<E: Serialize + DeserializeOwned + fmt::Display> ServiceError for E {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::descriptor::ArgumentDescriptor;

    static VAL: MethodDescriptor = MethodDescriptor::new("val", &[], "f64");
    static DIV: MethodDescriptor =
        MethodDescriptor::new("div", &[ArgumentDescriptor::new("number", "f64")], "f64");
    static CALCULATOR: ServiceDescriptor = ServiceDescriptor::new("Calculator", "", &[&VAL, &DIV]);
    static EMPTY: ServiceDescriptor = ServiceDescriptor::new("Empty", "", &[]);

    const OLD: &[u8] = br#"{"function_call":{"name":"div"},"response_queue":"q:rpc:A"}"#;
    const NATIVE: &[u8] = br#"{"function_call":{"name":"div"},"response_queue":"q:rpc:{c}.7","context":{"id":7,"inbox":"q:rpc:{c}"}}"#;

    #[derive(Debug, Serialize, Deserialize, thiserror::Error)]
    #[error("{by} is no divisor")]
    struct Refused {
        by: f64,
    }

    fn request(payload: &[u8]) -> Request<'_> {
        Request::read(payload).unwrap()
    }

    fn text(dispatched: Dispatched) -> String {
        String::from_utf8(dispatched.unwrap().0).unwrap()
    }

    #[test]
    fn a_value_is_replied_with_the_id_of_a_native_call_only() {
        assert_eq!(
            text(reply_value(&request(OLD), &4.0)),
            r#"{"return_value":4.0}"#
        );
        assert_eq!(
            text(reply_result::<_, Refused>(&request(NATIVE), &Ok(4.0))),
            r#"{"id":7,"return_value":4.0}"#
        );
    }

    #[test]
    fn a_value_that_is_not_json_is_a_fault_that_names_the_method() {
        let fault = reply_value(&request(OLD), &f64::INFINITY).unwrap_err();
        assert_eq!(fault.code(), FaultCode::InvalidReply);
        assert_eq!(
            fault.message(),
            "`div`: the return value cannot be sent: \
             the number inf is not finite, and JSON has no such number"
        );
    }

    #[test]
    fn an_error_is_a_fault_with_its_text_and_itself() {
        let result = Err::<f64, _>(Refused { by: 0.0 });
        let fault = reply_result(&request(NATIVE), &result).unwrap_err();
        assert_eq!(fault.code(), FaultCode::ServiceError);
        assert_eq!(fault.message(), "0 is no divisor");
        assert_eq!(fault.data(), Some(r#"{"by":0.0}"#));
    }

    #[test]
    fn an_error_that_is_not_json_still_has_its_text() {
        let result = Err::<f64, _>(Refused { by: f64::NAN });
        let fault = reply_result(&request(NATIVE), &result).unwrap_err();
        assert_eq!((fault.message(), fault.data()), ("NaN is no divisor", None));
    }

    #[test]
    fn an_unknown_method_is_answered_with_those_there_are() {
        let request = Request {
            method: "to_ary".into(),
            ..request(OLD)
        };
        let fault = |service| method_not_found(&request, service).unwrap_err();
        assert_eq!(fault(&CALCULATOR).code(), FaultCode::MethodNotFound);
        assert_eq!(
            fault(&CALCULATOR).message(),
            "Calculator has no method `to_ary`; it has `val`, `div`"
        );
        assert_eq!(
            fault(&EMPTY).message(),
            "Empty has no method `to_ary`; it has none"
        );
    }

    #[test]
    fn a_name_that_no_service_can_have_is_shown_in_part() {
        let (shown, longer) = ("é".repeat(255), "é".repeat(256));
        assert!(may_have(&"x".repeat(255)) && may_have("redisrpc"));
        assert!(!may_have(&longer) && !may_have("redisrpc.describe"));
        let request = Request {
            method: longer.as_str().into(),
            ..request(OLD)
        };
        assert_eq!(
            method_not_found(&request, &EMPTY).unwrap_err().message(),
            format!("Empty has no method `{shown}`; it has none")
        );
    }
}
