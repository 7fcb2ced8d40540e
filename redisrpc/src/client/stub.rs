//! What generated stub methods put a call together with.

use std::{borrow::Cow, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Client,
    answer::{read_result, read_value},
    call::{Call, OnewayCall},
    outgoing::Outgoing,
    stream::StreamCall,
};
use crate::{descriptor::MethodDescriptor, service::ServiceError};

/// A call being put together; generated stub methods fill it.
#[derive(Debug)]
pub struct StubCall {
    request: Outgoing,
    method: &'static MethodDescriptor,
}

impl StubCall {
    /// Begins a call of `method`.
    #[must_use]
    pub fn new(client: &Client, method: &'static MethodDescriptor) -> Self {
        let mut request = Outgoing::new(client, Cow::Borrowed(method.name()));
        if let Some(timeout) = method.timeout_ms() {
            request.set_timeout(Duration::from_millis(timeout));
        }
        request.idempotent = method.is_idempotent();
        Self { request, method }
    }

    /// Adds the argument at `index` by position.
    pub fn positional<T: Serialize + ?Sized>(&mut self, index: usize, argument: &T) {
        self.request
            .positional(Some(self.method.arguments()[index].name()), argument);
    }

    /// Adds the argument at `index` by name.
    pub fn named<T: Serialize + ?Sized>(&mut self, index: usize, argument: &T) {
        self.request
            .named(self.method.arguments()[index].name(), argument);
    }

    /// Adds each element as one more positional argument.
    pub fn rest<T: Serialize>(&mut self, index: usize, arguments: impl IntoIterator<Item = T>) {
        // They are a list of single values, whichever way each came.
        self.request.unpack();
        for argument in arguments {
            self.positional(index, &argument);
        }
    }

    /// The call of a method that returns `T`.
    pub fn returning_value<T: DeserializeOwned>(self) -> Call<T> {
        Call::new(self.request, read_value)
    }

    /// The call of a method that returns `Result<T, E>`.
    pub fn returning_result<T, E>(self) -> Call<T, E>
    where
        T: DeserializeOwned,
        E: ServiceError,
    {
        Call::new(self.request, read_result)
    }

    /// The call of a method that returns a stream of `T`.
    pub fn streaming<T: DeserializeOwned>(self) -> StreamCall<T> {
        StreamCall::new(self.request, read_value)
    }

    /// The call of a method that returns a stream of `Result<T, E>`.
    pub fn streaming_results<T, E>(self) -> StreamCall<T, E>
    where
        T: DeserializeOwned,
        E: ServiceError,
    {
        StreamCall::new(self.request, read_result)
    }

    /// The call of a method whose callers wait for no reply.
    pub fn oneway(self) -> OnewayCall {
        OnewayCall::new(self.request)
    }
}
