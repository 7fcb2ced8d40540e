#[allow(
    dead_code,
    reason = "a program may only call the service, and implement nothing"
)]
pub trait Calculator {
    fn add(
        &self,
        number: f64,
    ) -> impl ::core::future::Future<Output = f64> + ::core::marker::Send;
}
/// Calls a [`Calculator`] that runs on a server.
pub struct CalculatorClient {
    client: ::redisrpc::Client,
}
/// A [`Calculator`] as a service: what a server runs.
pub struct CalculatorService<T>(T);
impl<T> CalculatorService<T> {
    /// Makes a service of an implementor of [`Calculator`].
    #[must_use]
    pub fn new(service: T) -> Self {
        Self(service)
    }
}
#[automatically_derived]
impl<T> ::core::fmt::Debug for CalculatorService<T> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("CalculatorService").finish_non_exhaustive()
    }
}
#[allow(deprecated, non_upper_case_globals, unused_variables)]
const _: () = {
    static __SERVICE: ::redisrpc::descriptor::ServiceDescriptor = ::redisrpc::descriptor::ServiceDescriptor::new(
        "",
        "",
        &[],
    );
    impl CalculatorClient {
        /// The methods of `Calculator`, their arguments and documentation.
        pub const DESCRIPTOR: &'static ::redisrpc::descriptor::ServiceDescriptor = &__SERVICE;
        /// A client of the servers at this queue.
        #[must_use]
        pub fn new(
            broker: &::redisrpc::Broker,
            queue: impl ::core::convert::Into<::std::string::String>,
        ) -> Self {
            ::core::convert::From::from(::redisrpc::Client::new(broker, queue))
        }
        /// The client by which the methods are called.
        #[must_use]
        pub fn client(&self) -> &::redisrpc::Client {
            &self.client
        }
        /// Calls `add`.
        pub fn add(&self, number: f64) -> ::redisrpc::Call<f64> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<::redisrpc::Client> for CalculatorClient {
        fn from(client: ::redisrpc::Client) -> Self {
            Self { client }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for CalculatorClient {
        fn clone(&self) -> Self {
            ::core::convert::From::from(::core::clone::Clone::clone(&self.client))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for CalculatorClient {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("CalculatorClient").field("client", &self.client).finish()
        }
    }
    #[automatically_derived]
    impl<T> ::redisrpc::Service for CalculatorService<T>
    where
        T: Calculator + ::redisrpc::__private::Shared,
    {
        type Cell = T;
        const DESCRIPTOR: &'static ::redisrpc::descriptor::ServiceDescriptor = &__SERVICE;
        const ORDERED: ::core::primitive::bool = false;
        fn into_cell(self) -> T {
            self.0
        }
        async fn dispatch(
            __cell: &::std::sync::Arc<T>,
            __request: &::redisrpc::__private::Request<'_>,
        ) -> ::redisrpc::__private::Dispatched {
            ::core::unimplemented!()
        }
    }
};
::core::compile_error! {
    "unknown option `nmae`; did you mean `name`?"
}
