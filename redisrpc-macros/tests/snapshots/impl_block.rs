impl Calculator {
    pub fn add(&mut self, number: f64) -> f64 {
        self.sum += number;
        self.sum
    }
    fn print(&self, text: &str, list: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn helper(&self) {}
}
/// Calls a `Calculator` that runs on a server.
#[allow(
    unreachable_pub,
    private_interfaces,
    dead_code,
    reason = "the client is as public as it can be, and may be used in part"
)]
pub struct CalculatorClient {
    client: ::redisrpc::Client,
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
    );
    static __METHOD_print: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "print",
            &[
                ::redisrpc::descriptor::ArgumentDescriptor::new("text", "&str"),
                ::redisrpc::descriptor::ArgumentDescriptor::new("list", "&[u8]"),
            ],
            "io::Result<()>",
        )
        .with_error("io::Result<()>")
        .with_detached();
    static __SERVICE: ::redisrpc::descriptor::ServiceDescriptor = ::redisrpc::descriptor::ServiceDescriptor::new(
            "Calculator",
            "",
            &[&__METHOD_add, &__METHOD_print],
        )
        .with_version(::core::option_env!("CARGO_PKG_VERSION"));
    const __RESULT_print: ::core::primitive::bool = ::redisrpc::__private::is_result::<
        io::Result<()>,
    >();
    #[allow(
        unreachable_pub,
        private_interfaces,
        dead_code,
        reason = "the client is as public as it can be, and may be used in part"
    )]
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
        /// Calls `print`.
        pub fn print(
            &self,
            text: &str,
            list: &[u8],
        ) -> ::redisrpc::Call<
            ::redisrpc::__private::ValueOf<io::Result<()>, __RESULT_print>,
            ::redisrpc::__private::ErrorOf<io::Result<()>, __RESULT_print>,
        > {
            let mut __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_print,
            );
            ::redisrpc::__private::Place::Position(0).fill(&mut __call, &text);
            <u8 as ::redisrpc::__private::Argument>::send_list(
                list,
                &mut __call,
                ::redisrpc::__private::Place::Position(1),
            );
            let _ = <::redisrpc::__private::ValueOf<
                io::Result<()>,
                __RESULT_print,
            > as ::redisrpc::__private::Returned>::TRAVELS;
            let _ = <::redisrpc::__private::ErrorOf<
                io::Result<()>,
                __RESULT_print,
            > as ::redisrpc::__private::ReturnedError>::TRAVELS;
            ::redisrpc::__private::returning_result::<
                ::redisrpc::__private::ValueOf<io::Result<()>, __RESULT_print>,
                ::redisrpc::__private::ErrorOf<io::Result<()>, __RESULT_print>,
            >(__call)
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
    const __CHECKED: ::core::primitive::bool = ::redisrpc::__private::moved::<
        Calculator,
    >();
    type __Object<S> = ::redisrpc::__private::Checked<S, __CHECKED>;
    #[automatically_derived]
    impl ::redisrpc::Service for Calculator {
        type Cell = ::redisrpc::__private::Mutex<__Object<Self>>;
        const DESCRIPTOR: &'static ::redisrpc::descriptor::ServiceDescriptor = &__SERVICE;
        const ORDERED: ::core::primitive::bool = true;
        fn into_cell(self) -> ::redisrpc::__private::Mutex<__Object<Self>> {
            ::redisrpc::__private::Mutex::new(self)
        }
        async fn dispatch(
            __cell: &::std::sync::Arc<::redisrpc::__private::Mutex<__Object<Self>>>,
            __request: &::redisrpc::__private::Request<'_>,
        ) -> ::redisrpc::__private::Dispatched {
            match __request.method() {
                "add" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 1 },
                    >::bind(__request, &__METHOD_add)?;
                    let __number = <f64 as ::redisrpc::__private::Argument>::required(
                        &__arguments,
                        0,
                    )?;
                    let mut __object = __cell.lock().await;
                    let __output = <__Object<Self>>::add(&mut *__object, __number);
                    <f64 as ::redisrpc::__private::Returned>::reply(&__output, __request)
                }
                "print" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 2 },
                    >::bind(__request, &__METHOD_print)?;
                    let __text = __arguments.required::<::std::string::String>(0)?;
                    let __list = <u8 as ::redisrpc::__private::Argument>::required_list(
                        &__arguments,
                        1,
                    )?;
                    let __object = ::core::clone::Clone::clone(__cell)
                        .lock_owned()
                        .await;
                    let __output = ::redisrpc::__private::run_blocking(move || <__Object<
                            Self,
                        >>::print(&*__object, __text.as_str(), &__list))
                        .await;
                    match <io::Result<
                        (),
                    > as ::redisrpc::__private::ResultType<
                        __RESULT_print,
                    >>::into_result(__output) {
                        ::core::result::Result::Ok(__value) => {
                            <::redisrpc::__private::ValueOf<
                                io::Result<()>,
                                __RESULT_print,
                            > as ::redisrpc::__private::Returned>::reply(
                                &__value,
                                __request,
                            )
                        }
                        ::core::result::Result::Err(__error) => {
                            <::redisrpc::__private::ErrorOf<
                                io::Result<()>,
                                __RESULT_print,
                            > as ::redisrpc::__private::ReturnedError>::reply(
                                __error,
                                __request,
                            )
                        }
                    }
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
        r" The client whose calls are waited for."] #[must_use] pub fn client(& self) ->
        & CalculatorClient { & self.client } #[doc = " Calls `add`."] #[doc = r""] #[doc
        = r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn add(&
        self, number : f64) -> ::core::result::Result < f64, ::redisrpc::CallError > {
        CalculatorClient::add(& self.client, number).wait() } #[doc = " Calls `print`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn print(& self, text : & str, list : & [u8])
        -> ::core::result::Result < ::redisrpc::__private::ValueOf < io::Result < () >,
        __RESULT_print >, ::redisrpc::CallError < ::redisrpc::__private::ErrorOf <
        io::Result < () >, __RESULT_print > > > { CalculatorClient::print(& self.client,
        text, list).wait() } } #[automatically_derived] impl ::core::convert::From <
        CalculatorClient > for CalculatorBlockingClient { fn from(client :
        CalculatorClient) -> Self { Self { client } } } #[automatically_derived] impl
        ::core::clone::Clone for CalculatorBlockingClient { fn clone(& self) -> Self {
        Self { client : ::core::clone::Clone::clone(& self.client) } } }
        #[automatically_derived] impl ::core::fmt::Debug for CalculatorBlockingClient {
        fn fmt(& self, f : & mut ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result {
        f.debug_struct("CalculatorBlockingClient").field("client", & self.client)
        .finish() } }
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
        " Answers `print` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_print(self, mut handler : impl ::core::ops::FnMut(& str, & [u8]) ->
        io::Result < () > + ::core::marker::Send + 'static,) -> Self { self.mock
        .on("print", move | __request | { let __arguments =
        ::redisrpc::__private::Arguments:: < { 2 } > ::bind(__request, & __METHOD_print)
        ?; let __text = __arguments.required:: < ::std::string::String > (0) ?; let
        __list = < u8 as ::redisrpc::__private::Argument > ::required_list(& __arguments,
        1) ?; let __output = handler(__text.as_str(), & __list); match < io::Result < ()
        > as ::redisrpc::__private::ResultType < __RESULT_print >>
        ::into_result(__output) { ::core::result::Result::Ok(__value) => { <
        ::redisrpc::__private::ValueOf < io::Result < () >, __RESULT_print > as
        ::redisrpc::__private::Returned > ::reply(& __value, __request) }
        ::core::result::Result::Err(__error) => { < ::redisrpc::__private::ErrorOf <
        io::Result < () >, __RESULT_print > as ::redisrpc::__private::ReturnedError >
        ::reply(__error, __request) } } }); self } } #[automatically_derived] impl
        ::core::default::Default for CalculatorMock { fn default() -> Self { Self { mock
        : ::redisrpc::mock::Mock::new(), } } } #[automatically_derived] impl
        ::core::fmt::Debug for CalculatorMock { fn fmt(& self, f : & mut
        ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("CalculatorMock").finish_non_exhaustive() } }
    }
};
