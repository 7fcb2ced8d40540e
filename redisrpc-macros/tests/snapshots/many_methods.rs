#[allow(
    dead_code,
    reason = "a program may only call the service, and implement nothing"
)]
trait Many {
    fn method_1(&self);
    #[cfg(unix)]
    fn method_2(&self);
    fn method_3(&self);
    fn method_4(&self);
    fn method_5(&self);
    fn method_6(&self);
    fn method_7(&self);
    fn method_8(&self);
    fn method_9(&self);
    fn method_10(&self);
    fn method_11(&self);
    fn method_12(&self);
    fn method_13(&self);
    fn method_14(&self);
    fn method_15(&self);
    fn method_16(&self);
    fn method_17(&self);
}
/// Calls a [`Many`] that runs on a server.
struct ManyClient {
    client: ::redisrpc::Client,
}
/// A [`Many`] as a service: what a server runs.
struct ManyService<T>(T);
impl<T> ManyService<T> {
    /// Makes a service of an implementor of [`Many`].
    #[must_use]
    pub fn new(service: T) -> Self {
        Self(service)
    }
}
#[automatically_derived]
impl<T> ::core::fmt::Debug for ManyService<T> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("ManyService").finish_non_exhaustive()
    }
}
::redisrpc::__private::if_blocking! {
    #[doc = " Calls a `Many` that runs on a server, and waits for its answers."]
    #[allow(dead_code, unreachable_pub, private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] struct
    ManyBlockingClient { client : ManyClient, }
}
::redisrpc::__private::if_mock! {
    #[doc = " A `Many` made of closures, for tests."] #[allow(dead_code, unreachable_pub,
    private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] struct ManyMock {
    mock : ::redisrpc::mock::Mock, }
}
#[allow(
    deprecated,
    non_upper_case_globals,
    clippy::too_many_arguments,
    reason = "of methods that are served as they are; constants end in their names"
)]
const _: () = {
    static __METHOD_method_1: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_1",
        &[],
        "()",
    );
    #[cfg(unix)]
    static __METHOD_method_2: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "method_2",
            &[],
            "()",
        )
        .with_aliases(&["second"]);
    static __METHOD_method_3: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_3",
        &[],
        "()",
    );
    static __METHOD_method_4: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_4",
        &[],
        "()",
    );
    static __METHOD_method_5: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_5",
        &[],
        "()",
    );
    static __METHOD_method_6: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_6",
        &[],
        "()",
    );
    static __METHOD_method_7: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_7",
        &[],
        "()",
    );
    static __METHOD_method_8: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_8",
        &[],
        "()",
    );
    static __METHOD_method_9: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_9",
        &[],
        "()",
    );
    static __METHOD_method_10: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_10",
        &[],
        "()",
    );
    static __METHOD_method_11: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_11",
        &[],
        "()",
    );
    static __METHOD_method_12: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_12",
        &[],
        "()",
    );
    static __METHOD_method_13: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_13",
        &[],
        "()",
    );
    static __METHOD_method_14: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_14",
        &[],
        "()",
    );
    static __METHOD_method_15: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_15",
        &[],
        "()",
    );
    static __METHOD_method_16: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_16",
        &[],
        "()",
    );
    static __METHOD_method_17: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
        "method_17",
        &[],
        "()",
    );
    static __SERVICE: ::redisrpc::descriptor::ServiceDescriptor = ::redisrpc::descriptor::ServiceDescriptor::new(
            "Many",
            "",
            &[
                &__METHOD_method_1,
                #[cfg(unix)]
                &__METHOD_method_2,
                &__METHOD_method_3,
                &__METHOD_method_4,
                &__METHOD_method_5,
                &__METHOD_method_6,
                &__METHOD_method_7,
                &__METHOD_method_8,
                &__METHOD_method_9,
                &__METHOD_method_10,
                &__METHOD_method_11,
                &__METHOD_method_12,
                &__METHOD_method_13,
                &__METHOD_method_14,
                &__METHOD_method_15,
                &__METHOD_method_16,
                &__METHOD_method_17,
            ],
        )
        .with_version(::core::option_env!("CARGO_PKG_VERSION"));
    impl ManyClient {
        /// The methods of `Many`, their arguments and documentation.
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
        /// Calls `method_1`.
        pub fn method_1(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_1,
            );
            __call.returning_value()
        }
        #[cfg(unix)]
        /// Calls `method_2`.
        pub fn method_2(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_2,
            );
            __call.returning_value()
        }
        /// Calls `method_3`.
        pub fn method_3(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_3,
            );
            __call.returning_value()
        }
        /// Calls `method_4`.
        pub fn method_4(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_4,
            );
            __call.returning_value()
        }
        /// Calls `method_5`.
        pub fn method_5(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_5,
            );
            __call.returning_value()
        }
        /// Calls `method_6`.
        pub fn method_6(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_6,
            );
            __call.returning_value()
        }
        /// Calls `method_7`.
        pub fn method_7(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_7,
            );
            __call.returning_value()
        }
        /// Calls `method_8`.
        pub fn method_8(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_8,
            );
            __call.returning_value()
        }
        /// Calls `method_9`.
        pub fn method_9(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_9,
            );
            __call.returning_value()
        }
        /// Calls `method_10`.
        pub fn method_10(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_10,
            );
            __call.returning_value()
        }
        /// Calls `method_11`.
        pub fn method_11(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_11,
            );
            __call.returning_value()
        }
        /// Calls `method_12`.
        pub fn method_12(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_12,
            );
            __call.returning_value()
        }
        /// Calls `method_13`.
        pub fn method_13(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_13,
            );
            __call.returning_value()
        }
        /// Calls `method_14`.
        pub fn method_14(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_14,
            );
            __call.returning_value()
        }
        /// Calls `method_15`.
        pub fn method_15(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_15,
            );
            __call.returning_value()
        }
        /// Calls `method_16`.
        pub fn method_16(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_16,
            );
            __call.returning_value()
        }
        /// Calls `method_17`.
        pub fn method_17(&self) -> ::redisrpc::Call<()> {
            let __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_method_17,
            );
            __call.returning_value()
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<::redisrpc::Client> for ManyClient {
        fn from(client: ::redisrpc::Client) -> Self {
            Self { client }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ManyClient {
        fn clone(&self) -> Self {
            ::core::convert::From::from(::core::clone::Clone::clone(&self.client))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ManyClient {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("ManyClient").field("client", &self.client).finish()
        }
    }
    struct __Parts<S>(::core::marker::PhantomData<S>);
    impl<T> __Parts<ManyService<T>>
    where
        T: Many + ::redisrpc::__private::Shared,
    {
        async fn __part_0(
            __cell: &::std::sync::Arc<T>,
            __request: &::redisrpc::__private::Request<'_>,
            __method: ::core::primitive::usize,
        ) -> ::redisrpc::__private::Dispatched {
            match __method {
                0 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_1)?;
                    <T as Many>::method_1(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                #[cfg(unix)]
                1 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_2)?;
                    <T as Many>::method_2(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                2 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_3)?;
                    <T as Many>::method_3(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                3 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_4)?;
                    <T as Many>::method_4(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                4 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_5)?;
                    <T as Many>::method_5(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                5 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_6)?;
                    <T as Many>::method_6(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                6 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_7)?;
                    <T as Many>::method_7(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                7 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_8)?;
                    <T as Many>::method_8(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                8 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_9)?;
                    <T as Many>::method_9(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                9 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_10)?;
                    <T as Many>::method_10(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                10 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_11)?;
                    <T as Many>::method_11(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                11 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_12)?;
                    <T as Many>::method_12(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                12 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_13)?;
                    <T as Many>::method_13(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                13 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_14)?;
                    <T as Many>::method_14(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                14 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_15)?;
                    <T as Many>::method_15(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                15 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_16)?;
                    <T as Many>::method_16(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                _ => ::redisrpc::__private::method_not_found(__request, &__SERVICE),
            }
        }
        async fn __part_1(
            __cell: &::std::sync::Arc<T>,
            __request: &::redisrpc::__private::Request<'_>,
            __method: ::core::primitive::usize,
        ) -> ::redisrpc::__private::Dispatched {
            match __method {
                16 => {
                    ::redisrpc::__private::Arguments::<
                        { 0 },
                    >::bind(__request, &__METHOD_method_17)?;
                    <T as Many>::method_17(&**__cell);
                    ::redisrpc::__private::reply_value(__request, &())
                }
                _ => ::redisrpc::__private::method_not_found(__request, &__SERVICE),
            }
        }
    }
    #[automatically_derived]
    impl<T> ::redisrpc::Service for ManyService<T>
    where
        T: Many + ::redisrpc::__private::Shared,
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
            let __method: ::core::primitive::usize = match __request.method() {
                "method_1" => 0,
                #[cfg(unix)]
                "method_2" | "second" => 1,
                "method_3" => 2,
                "method_4" => 3,
                "method_5" => 4,
                "method_6" => 5,
                "method_7" => 6,
                "method_8" => 7,
                "method_9" => 8,
                "method_10" => 9,
                "method_11" => 10,
                "method_12" => 11,
                "method_13" => 12,
                "method_14" => 13,
                "method_15" => 14,
                "method_16" => 15,
                "method_17" => 16,
                _ => 17,
            };
            match __method {
                0..16 => __Parts::<Self>::__part_0(__cell, __request, __method).await,
                16..17 => __Parts::<Self>::__part_1(__cell, __request, __method).await,
                _ => ::redisrpc::__private::method_not_found(__request, &__SERVICE),
            }
        }
    }
    ::redisrpc::__private::if_blocking! {
        #[allow(dead_code, unreachable_pub, private_interfaces, reason =
        "it is there because a feature is on, perhaps for another crate")] impl
        ManyBlockingClient { #[doc = r" A client of the servers at this queue."]
        #[must_use] pub fn new(broker : & ::redisrpc::Broker, queue : impl
        ::core::convert::Into < ::std::string::String >,) -> Self {
        ::core::convert::From::from(ManyClient::new(broker, queue)) } #[doc =
        r" The client whose calls are waited for."] #[must_use] pub fn client(& self) ->
        & ManyClient { & self.client } #[doc = " Calls `method_1`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_1(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_1(& self.client,).wait() } #[cfg(unix)] #[doc =
        " Calls `method_2`."] #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_2(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_2(&
        self.client,).wait() } #[doc = " Calls `method_3`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_3(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_3(& self.client,).wait() } #[doc = " Calls `method_4`."] #[doc
        = r""] #[doc = r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."]
        pub fn method_4(& self,) -> ::core::result::Result < (), ::redisrpc::CallError >
        { ManyClient::method_4(& self.client,).wait() } #[doc = " Calls `method_5`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_5(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_5(&
        self.client,).wait() } #[doc = " Calls `method_6`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_6(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_6(& self.client,).wait() } #[doc = " Calls `method_7`."] #[doc
        = r""] #[doc = r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."]
        pub fn method_7(& self,) -> ::core::result::Result < (), ::redisrpc::CallError >
        { ManyClient::method_7(& self.client,).wait() } #[doc = " Calls `method_8`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_8(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_8(&
        self.client,).wait() } #[doc = " Calls `method_9`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_9(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_9(& self.client,).wait() } #[doc = " Calls `method_10`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_10(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_10(&
        self.client,).wait() } #[doc = " Calls `method_11`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_11(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_11(& self.client,).wait() } #[doc = " Calls `method_12`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_12(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_12(&
        self.client,).wait() } #[doc = " Calls `method_13`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_13(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_13(& self.client,).wait() } #[doc = " Calls `method_14`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_14(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_14(&
        self.client,).wait() } #[doc = " Calls `method_15`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_15(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_15(& self.client,).wait() } #[doc = " Calls `method_16`."]
        #[doc = r""] #[doc = r" # Errors"] #[doc = r""] #[doc =
        r" As awaiting the call does."] pub fn method_16(& self,) ->
        ::core::result::Result < (), ::redisrpc::CallError > { ManyClient::method_16(&
        self.client,).wait() } #[doc = " Calls `method_17`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn
        method_17(& self,) -> ::core::result::Result < (), ::redisrpc::CallError > {
        ManyClient::method_17(& self.client,).wait() } } #[automatically_derived] impl
        ::core::convert::From < ManyClient > for ManyBlockingClient { fn from(client :
        ManyClient) -> Self { Self { client } } } #[automatically_derived] impl
        ::core::clone::Clone for ManyBlockingClient { fn clone(& self) -> Self { Self {
        client : ::core::clone::Clone::clone(& self.client) } } }
        #[automatically_derived] impl ::core::fmt::Debug for ManyBlockingClient { fn
        fmt(& self, f : & mut ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("ManyBlockingClient").field("client", & self.client).finish() } }
    }
    ::redisrpc::__private::if_mock! {
        #[allow(dead_code, unreachable_pub, private_interfaces, reason =
        "it is there because a feature is on, perhaps for another crate")] impl ManyMock
        { #[doc = r" A mock that answers nothing yet."] #[must_use] pub fn new() -> Self
        { ::core::default::Default::default() } #[doc =
        r" A client of this mock, over a broker inside the process."] #[doc = r""] #[doc
        = r" # Errors"] #[doc = r""] #[doc =
        r" None in practice; the type is that of connecting to a broker."] pub async fn
        client(& self,) -> ::core::result::Result < ManyClient, ::redisrpc::Error > {
        self.mock.client(). await .map(::core::convert::From::from) } #[doc =
        r" The calls so far, in the order they came."] #[must_use] pub fn calls(& self)
        -> ::std::vec::Vec < ::redisrpc::mock::MockCall > { self.mock.calls() } #[doc =
        " Answers `method_1` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_1(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_1", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_1) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[cfg(unix)] #[doc =
        " Answers `method_2` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_2(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_2", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_2) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_3` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_3(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_3", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_3) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_4` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_4(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_4", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_4) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_5` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_5(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_5", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_5) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_6` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_6(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_6", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_6) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_7` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_7(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_7", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_7) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_8` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_8(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_8", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_8) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_9` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_9(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_9", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_9) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_10` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_10(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_10", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_10) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_11` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_11(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_11", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_11) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_12` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_12(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_12", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_12) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_13` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_13(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_13", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_13) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_14` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_14(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_14", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_14) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_15` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_15(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_15", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_15) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_16` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_16(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_16", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_16) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } #[doc =
        " Answers `method_17` with `handler`, and no longer with an earlier one."]
        #[must_use] #[allow(non_snake_case, reason = "it ends in the method's own name")]
        pub fn on_method_17(self, mut handler : impl ::core::ops::FnMut() +
        ::core::marker::Send + 'static,) -> Self { self.mock.on("method_17", move |
        __request | { ::redisrpc::__private::Arguments:: < { 0 } > ::bind(__request, &
        __METHOD_method_17) ?; handler(); ::redisrpc::__private::reply_value(__request, &
        ()) }); self } } #[automatically_derived] impl ::core::default::Default for
        ManyMock { fn default() -> Self { Self { mock : ::redisrpc::mock::Mock::new(), }
        } } #[automatically_derived] impl ::core::fmt::Debug for ManyMock { fn fmt(&
        self, f : & mut ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("ManyMock").finish_non_exhaustive() } }
    }
};
