/// Calculates.
#[allow(
    dead_code,
    reason = "a program may only call the service, and implement nothing"
)]
pub trait Calculator {
    /// Adds.
    fn add(
        &self,
        number: f64,
    ) -> impl ::core::future::Future<Output = f64> + ::core::marker::Send;
    fn div(
        &self,
        a: f64,
        b: f64,
    ) -> impl ::core::future::Future<
        Output = Result<f64, DivisionByZero>,
    > + ::core::marker::Send;
    fn clear(&self);
}
/// Calls a [`Calculator`] that runs on a server.
///
/// Calculates.
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
::redisrpc::__private::if_blocking! {
    #[doc = " Calls a `Calculator` that runs on a server, and waits for its answers."]
    #[allow(dead_code, unreachable_pub, private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] pub struct
    CalculatorBlockingClient { client : CalculatorClient, }
}
::redisrpc::__private::if_mock! {
    #[doc = " A `Calculator` made of closures, for tests."] #[allow(dead_code,
    unreachable_pub, private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] pub struct
    CalculatorMock { mock : ::redisrpc::mock::Mock, }
}
#[allow(
    deprecated,
    non_upper_case_globals,
    clippy::too_many_arguments,
    reason = "of methods that are served as they are; constants end in their names"
)]
const _: () = {
    static __METHOD_add: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "add",
            &[::redisrpc::descriptor::ArgumentDescriptor::new("number", "f64")],
            "f64",
        )
        .with_doc("Adds.")
        .with_aliases(&["plus"]);
    static __METHOD_div: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "div",
            &[
                ::redisrpc::descriptor::ArgumentDescriptor::new("a", "f64"),
                ::redisrpc::descriptor::ArgumentDescriptor::new("b", "f64")
                    .with_default(),
            ],
            "f64",
        )
        .with_error("DivisionByZero");
    static __METHOD_clear: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "clear",
        &[],
        "()",
    );
    static __SERVICE: ::redisrpc::descriptor::ServiceDescriptor = ::redisrpc::descriptor::ServiceDescriptor::new(
            "Calculator",
            "Calculates.",
            &[&__METHOD_add, &__METHOD_div, &__METHOD_clear],
        )
        .with_version(::core::option_env!("CARGO_PKG_VERSION"));
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
        /// The queue of `Calculator` unless another is named.
        pub const QUEUE: &'static ::core::primitive::str = "calc";
        /// A client of the servers at the queue `calc`.
        #[must_use]
        pub fn on_default_queue(broker: &::redisrpc::Broker) -> Self {
            Self::new(broker, Self::QUEUE)
        }
        /// The client by which the methods are called.
        #[must_use]
        pub fn client(&self) -> &::redisrpc::Client {
            &self.client
        }
        /// Adds.
        pub fn add(&self, number: f64) -> ::redisrpc::Call<f64> {
            let mut __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_add,
            );
            <f64 as ::redisrpc::__private::Argument>::send(
                &number,
                &mut __call,
                ::redisrpc::__private::Place::Position(0),
            );
            <f64 as ::redisrpc::__private::Returned>::returning(__call)
        }
        /// Calls `div`.
        pub fn div(&self, a: f64, b: f64) -> ::redisrpc::Call<f64, DivisionByZero> {
            let mut __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_div,
            );
            <f64 as ::redisrpc::__private::Argument>::send(
                &a,
                &mut __call,
                ::redisrpc::__private::Place::Position(0),
            );
            <f64 as ::redisrpc::__private::Argument>::send(
                &b,
                &mut __call,
                ::redisrpc::__private::Place::Position(1),
            );
            let _ = <f64 as ::redisrpc::__private::Returned>::TRAVELS;
            let _ = <DivisionByZero as ::redisrpc::__private::ReturnedError>::TRAVELS;
            ::redisrpc::__private::returning_result::<f64, DivisionByZero>(__call)
        }
        /// Calls `clear`.
        pub fn clear(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_clear,
            );
            __call.returning_value()
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
            match __request.method() {
                "add" | "plus" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 1 },
                    >::bind(__request, &__METHOD_add)?;
                    let __number = <f64 as ::redisrpc::__private::Argument>::required(
                        &__arguments,
                        0,
                    )?;
                    let __output = <T as Calculator>::add(&**__cell, __number).await;
                    <f64 as ::redisrpc::__private::Returned>::reply(&__output, __request)
                }
                "div" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 2 },
                    >::bind(__request, &__METHOD_div)?;
                    let __a = <f64 as ::redisrpc::__private::Argument>::required(
                        &__arguments,
                        0,
                    )?;
                    let __b = <f64 as ::redisrpc::__private::Argument>::or_default(
                        &__arguments,
                        1,
                        || 1.0,
                    )?;
                    match <T as Calculator>::div(&**__cell, __a, __b).await {
                        ::core::result::Result::Ok(__value) => {
                            <f64 as ::redisrpc::__private::Returned>::reply(
                                &__value,
                                __request,
                            )
                        }
                        ::core::result::Result::Err(__error) => {
                            <DivisionByZero as ::redisrpc::__private::ReturnedError>::reply(
                                __error,
                                __request,
                            )
                        }
                    }
                }
                "clear" => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_clear)?;
                    <T as Calculator>::clear(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                _ => ::redisrpc::__private::method_not_found(__request, &__SERVICE),
            }
        }
    }
    ::redisrpc::__private::if_blocking! {
        #[allow(dead_code, unreachable_pub, private_interfaces, reason =
        "it is there because a feature is on, perhaps for another crate")] impl
        CalculatorBlockingClient { #[doc = r" A client of the servers at this queue."]
        #[must_use] pub fn new(broker : & ::redisrpc::Broker, queue : impl
        ::core::convert::Into < ::std::string::String >,) -> Self {
        ::core::convert::From::from(CalculatorClient::new(broker, queue)) } #[doc =
        " A client of the servers at the queue `calc`."] #[must_use] pub fn
        on_default_queue(broker : & ::redisrpc::Broker) -> Self {
        ::core::convert::From::from(CalculatorClient::on_default_queue(broker)) } #[doc =
        r" The client whose calls are waited for."] #[must_use] pub fn client(& self) ->
        & CalculatorClient { & self.client } #[doc = r" Adds."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn add(&
        self, number : f64) -> ::core::result::Result < f64, ::redisrpc::CallError > {
        CalculatorClient::add(& self.client, number).wait() } #[doc = " Calls `div`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn div(& self, a : f64, b : f64) ->
        ::core::result::Result < f64, ::redisrpc::CallError < DivisionByZero > > {
        CalculatorClient::div(& self.client, a, b).wait() } #[doc = " Calls `clear`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn clear(& self,) -> ::core::result::Result <
        (), ::redisrpc::CallError > { CalculatorClient::clear(& self.client,).wait() } }
        #[automatically_derived] impl ::core::convert::From < CalculatorClient > for
        CalculatorBlockingClient { fn from(client : CalculatorClient) -> Self { Self {
        client } } } #[automatically_derived] impl ::core::clone::Clone for
        CalculatorBlockingClient { fn clone(& self) -> Self { Self { client :
        ::core::clone::Clone::clone(& self.client) } } } #[automatically_derived] impl
        ::core::fmt::Debug for CalculatorBlockingClient { fn fmt(& self, f : & mut
        ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("CalculatorBlockingClient").field("client", & self.client).finish()
        } }
    }
    ::redisrpc::__private::if_mock! {
        #[allow(dead_code, unreachable_pub, private_interfaces, reason =
        "it is there because a feature is on, perhaps for another crate")] impl
        CalculatorMock { #[doc = r" A mock that answers nothing yet."] #[must_use] pub fn
        new() -> Self { ::core::default::Default::default() } #[doc =
        r" A client of this mock, over a broker inside the process."] #[doc = r""] #[doc
        = r" # Errors"] #[doc = r""] #[doc =
        r" None in practice; the type is that of connecting to a broker."] pub async fn
        client(& self,) -> ::core::result::Result < CalculatorClient, ::redisrpc::Error >
        { self.mock.client(). await .map(::core::convert::From::from) } #[doc =
        r" The calls so far, in the order they came."] #[must_use] pub fn calls(& self)
        -> ::std::vec::Vec < ::redisrpc::mock::MockCall > { self.mock.calls() } #[doc =
        " Answers `add` with `handler`, and no longer with an earlier one."] #[must_use]
        #[allow(non_snake_case, reason = "it ends in the method's own name")] pub fn
        on_add(self, mut handler : impl ::core::ops::FnMut(f64) -> f64 +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("add", move | __request |
        { let __arguments = ::redisrpc::__private::Arguments:: < { 1 } >
        ::bind(__request, & __METHOD_add) ?; let __number = < f64 as
        ::redisrpc::__private::Argument > ::required(& __arguments, 0) ?; let __output =
        handler(__number); < f64 as ::redisrpc::__private::Returned > ::reply(& __output,
        __request) }); self } #[doc =
        " Answers `div` with `handler`, and no longer with an earlier one."] #[must_use]
        #[allow(non_snake_case, reason = "it ends in the method's own name")] pub fn
        on_div(self, mut handler : impl ::core::ops::FnMut(f64, f64) -> Result < f64,
        DivisionByZero > + ::core::marker::Send + 'static,) -> Self { self.mock.on("div",
        move | __request | { let __arguments = ::redisrpc::__private::Arguments:: < { 2 }
        > ::bind(__request, & __METHOD_div) ?; let __a = < f64 as
        ::redisrpc::__private::Argument > ::required(& __arguments, 0) ?; let __b = < f64
        as ::redisrpc::__private::Argument > ::or_default(& __arguments, 1, || 1.0) ?;
        match handler(__a, __b) { ::core::result::Result::Ok(__value) => { < f64 as
        ::redisrpc::__private::Returned > ::reply(& __value, __request) }
        ::core::result::Result::Err(__error) => { < DivisionByZero as
        ::redisrpc::__private::ReturnedError > ::reply(__error, __request) } } }); self }
        #[doc = " Answers `clear` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_clear(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("clear", move | __request
        | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_clear) ?; handler(); ::redisrpc::__private::reply_value(__request, & ())
        }); self } } #[automatically_derived] impl ::core::default::Default for
        CalculatorMock { fn default() -> Self { Self { mock :
        ::redisrpc::mock::Mock::new(), } } } #[automatically_derived] impl
        ::core::fmt::Debug for CalculatorMock { fn fmt(& self, f : & mut
        ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("CalculatorMock").finish_non_exhaustive() } }
    }
};
