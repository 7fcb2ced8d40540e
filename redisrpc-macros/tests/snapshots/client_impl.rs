#[allow(
    dead_code,
    reason = "a program may only call the service, and implement nothing"
)]
trait Store<V>
where
    V: Serialize + DeserializeOwned + Send,
{
    fn put(
        &self,
        key: &str,
        value: V,
    ) -> impl ::core::future::Future<
        Output = Result<Option<V>, Error>,
    > + ::core::marker::Send;
    #[cfg(feature = "more")]
    fn all(
        &self,
        #[cfg(unix)]
        path: String,
        keys: Vec<String>,
    ) -> impl ::core::future::Future<
        Output = Result<Vec<V>, Error>,
    > + ::core::marker::Send
    where
        Self: ::core::marker::Send + ::core::marker::Sync,
    {
        async move {
            if let ::core::option::Option::Some(__output) = ::core::option::Option::None::<
                Result<Vec<V>, Error>,
            > {
                return __output;
            }
            Ok(Vec::new())
        }
    }
}
/// Calls a [`Store`] that runs on a server.
struct Remote<V> {
    client: ::redisrpc::Client,
    __types: ::core::marker::PhantomData<fn() -> (::core::marker::PhantomData<V>,)>,
}
/// A [`Store`] as a service: what a server runs.
struct StoreService<T, V>(
    T,
    ::core::marker::PhantomData<fn() -> (::core::marker::PhantomData<V>,)>,
);
impl<T, V> StoreService<T, V> {
    /// Makes a service of an implementor of [`Store`].
    #[must_use]
    pub fn new(service: T) -> Self {
        Self(service, ::core::marker::PhantomData)
    }
}
#[automatically_derived]
impl<T, V> ::core::fmt::Debug for StoreService<T, V> {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("StoreService").finish_non_exhaustive()
    }
}
::redisrpc::__private::if_blocking! {
    #[doc = " Calls a `Store` that runs on a server, and waits for its answers."]
    #[allow(dead_code, unreachable_pub, private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] struct
    RemoteBlockingClient < V > { client : Remote < V >, }
}
::redisrpc::__private::if_mock! {
    #[doc = " A `Store` made of closures, for tests."] #[allow(dead_code,
    unreachable_pub, private_interfaces, reason =
    "it is there because a feature is on, perhaps for another crate")] struct RemoteMock
    < V > { mock : ::redisrpc::mock::Mock, __types : ::core::marker::PhantomData < fn ()
    -> (::core::marker::PhantomData < V >,) >, }
}
#[allow(
    deprecated,
    non_upper_case_globals,
    clippy::too_many_arguments,
    reason = "of methods that are served as they are; constants end in their names"
)]
const _: () = {
    #[allow(dead_code, reason = "it is there to be compiled")]
    fn __parameters<V>()
    where
        V: Serialize + DeserializeOwned + Send,
    {
        ::redisrpc::__private::Travels::<V>::check(::redisrpc::__private::travels);
    }
    static __METHOD_put: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "put",
            &[
                ::redisrpc::descriptor::ArgumentDescriptor::new("key", "&str"),
                ::redisrpc::descriptor::ArgumentDescriptor::new("value", "V"),
            ],
            "Option<V>",
        )
        .with_error("Error")
        .with_timeout_ms(5000)
        .with_idempotent();
    #[cfg(feature = "more")]
    static __METHOD_all: ::redisrpc::descriptor::MethodDescriptor = ::redisrpc::descriptor::MethodDescriptor::new(
            "all",
            &[
                #[cfg(unix)]
                ::redisrpc::descriptor::ArgumentDescriptor::new("path", "String"),
                ::redisrpc::descriptor::ArgumentDescriptor::new("keys", "Vec<String>")
                    .with_rest(),
            ],
            "Vec<V>",
        )
        .with_error("Error");
    static __SERVICE: ::redisrpc::descriptor::ServiceDescriptor = ::redisrpc::descriptor::ServiceDescriptor::new(
            "Store",
            "",
            &[&__METHOD_put, #[cfg(feature = "more")] &__METHOD_all],
        )
        .with_version(::core::option_env!("CARGO_PKG_VERSION"));
    impl<V> Remote<V>
    where
        V: Serialize + DeserializeOwned + Send,
        V: ::redisrpc::__private::Parameter,
    {
        /// The methods of `Store`, their arguments and documentation.
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
        /// Calls `put`.
        pub fn put(&self, key: &str, value: V) -> ::redisrpc::Call<Option<V>, Error> {
            let mut __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_put,
            );
            ::redisrpc::__private::Place::Name(0).fill(&mut __call, &key);
            <V as ::redisrpc::__private::Argument>::send(
                &value,
                &mut __call,
                ::redisrpc::__private::Place::Name(1),
            );
            let _ = <Option<V> as ::redisrpc::__private::Returned>::TRAVELS;
            let _ = <Error as ::redisrpc::__private::ReturnedError>::TRAVELS;
            ::redisrpc::__private::returning_result::<Option<V>, Error>(__call)
        }
        #[cfg(feature = "more")]
        /// Calls `all`.
        pub fn all(
            &self,
            #[cfg(unix)]
            path: String,
            keys: Vec<String>,
        ) -> ::redisrpc::Call<Vec<V>, Error> {
            let mut __call = ::redisrpc::__private::StubCall::new(
                &self.client,
                &__METHOD_all,
            );
            #[cfg(unix)]
            <String as ::redisrpc::__private::Argument>::send(
                &path,
                &mut __call,
                ::redisrpc::__private::Place::Position(0),
            );
            <String as ::redisrpc::__private::Argument>::send_rest(
                &keys,
                &mut __call,
                0 + (::core::cfg!(all(unix)) as usize),
            );
            let _ = <Vec<V> as ::redisrpc::__private::Returned>::TRAVELS;
            let _ = <Error as ::redisrpc::__private::ReturnedError>::TRAVELS;
            ::redisrpc::__private::returning_result::<Vec<V>, Error>(__call)
        }
    }
    #[automatically_derived]
    impl<V> ::core::convert::From<::redisrpc::Client> for Remote<V> {
        fn from(client: ::redisrpc::Client) -> Self {
            Self {
                client,
                __types: ::core::marker::PhantomData,
            }
        }
    }
    #[automatically_derived]
    impl<V> ::core::clone::Clone for Remote<V> {
        fn clone(&self) -> Self {
            ::core::convert::From::from(::core::clone::Clone::clone(&self.client))
        }
    }
    #[automatically_derived]
    impl<V> ::core::fmt::Debug for Remote<V> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Remote").field("client", &self.client).finish()
        }
    }
    #[automatically_derived]
    impl<V> Store<V> for Remote<V>
    where
        V: Serialize + DeserializeOwned + Send,
        V: ::redisrpc::__private::Parameter,
    {
        async fn put(&self, key: &str, value: V) -> Result<Option<V>, Error> {
            <Error as ::redisrpc::__private::FromRpcError>::flatten(
                Self::put(self, key, value).await,
            )
        }
        #[cfg(feature = "more")]
        async fn all(
            &self,
            #[cfg(unix)]
            path: String,
            keys: Vec<String>,
        ) -> Result<Vec<V>, Error> {
            <Error as ::redisrpc::__private::FromRpcError>::flatten(
                Self::all(self, #[cfg(unix)] path, keys).await,
            )
        }
    }
    #[automatically_derived]
    impl<T, V> ::redisrpc::Service for StoreService<T, V>
    where
        T: Store<V> + ::redisrpc::__private::Shared,
        V: 'static,
        V: Serialize + DeserializeOwned + Send,
        V: ::redisrpc::__private::Parameter,
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
                "put" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 2 },
                    >::bind(__request, &__METHOD_put)?;
                    let __key = __arguments
                        .required::<::redisrpc::__private::Text<'_>>(0)?;
                    let __value = <V as ::redisrpc::__private::Argument>::required(
                        &__arguments,
                        1,
                    )?;
                    match <T as Store<V>>::put(&**__cell, __key.as_str(), __value).await
                    {
                        ::core::result::Result::Ok(__value) => {
                            <Option<
                                V,
                            > as ::redisrpc::__private::Returned>::reply(
                                &__value,
                                __request,
                            )
                        }
                        ::core::result::Result::Err(__error) => {
                            <Error as ::redisrpc::__private::ReturnedError>::reply(
                                __error,
                                __request,
                            )
                        }
                    }
                }
                #[cfg(feature = "more")]
                "all" => {
                    let __arguments = ::redisrpc::__private::Arguments::<
                        { 1 + (::core::cfg!(all(unix)) as usize) },
                    >::bind(__request, &__METHOD_all)?;
                    #[cfg(unix)]
                    let __path = <String as ::redisrpc::__private::Argument>::required(
                        &__arguments,
                        0,
                    )?;
                    let __keys = <String as ::redisrpc::__private::Argument>::rest(
                        &__arguments,
                        0 + (::core::cfg!(all(unix)) as usize),
                    )?;
                    match <T as Store<V>>::all(&**__cell, #[cfg(unix)] __path, __keys)
                        .await
                    {
                        ::core::result::Result::Ok(__value) => {
                            <Vec<
                                V,
                            > as ::redisrpc::__private::Returned>::reply(
                                &__value,
                                __request,
                            )
                        }
                        ::core::result::Result::Err(__error) => {
                            <Error as ::redisrpc::__private::ReturnedError>::reply(
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
        "it is there because a feature is on, perhaps for another crate")] impl < V >
        RemoteBlockingClient < V > where V : Serialize + DeserializeOwned + Send, V :
        ::redisrpc::__private::Parameter { #[doc =
        r" A client of the servers at this queue."] #[must_use] pub fn new(broker : &
        ::redisrpc::Broker, queue : impl ::core::convert::Into < ::std::string::String
        >,) -> Self { ::core::convert::From::from(Remote::new(broker, queue)) } #[doc =
        r" The client whose calls are waited for."] #[must_use] pub fn client(& self) ->
        & Remote < V > { & self.client } #[doc = " Calls `put`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn put(&
        self, key : & str, value : V) -> ::core::result::Result < Option < V >,
        ::redisrpc::CallError < Error > > { Remote::put(& self.client, key, value).wait()
        } #[cfg(feature = "more")] #[doc = " Calls `all`."] #[doc = r""] #[doc =
        r" # Errors"] #[doc = r""] #[doc = r" As awaiting the call does."] pub fn all(&
        self, #[cfg(unix)] path : String, keys : Vec < String >) ->
        ::core::result::Result < Vec < V >, ::redisrpc::CallError < Error > > {
        Remote::all(& self.client, #[cfg(unix)] path, keys).wait() } }
        #[automatically_derived] impl < V > ::core::convert::From < Remote < V > > for
        RemoteBlockingClient < V > { fn from(client : Remote < V >) -> Self { Self {
        client } } } #[automatically_derived] impl < V > ::core::clone::Clone for
        RemoteBlockingClient < V > { fn clone(& self) -> Self { Self { client :
        ::core::clone::Clone::clone(& self.client) } } } #[automatically_derived] impl <
        V > ::core::fmt::Debug for RemoteBlockingClient < V > { fn fmt(& self, f : & mut
        ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("RemoteBlockingClient").field("client", & self.client).finish() } }
    }
    ::redisrpc::__private::if_mock! {
        #[allow(dead_code, unreachable_pub, private_interfaces, reason =
        "it is there because a feature is on, perhaps for another crate")] impl < V >
        RemoteMock < V > where V : Serialize + DeserializeOwned + Send, V :
        ::redisrpc::__private::Parameter { #[doc = r" A mock that answers nothing yet."]
        #[must_use] pub fn new() -> Self { ::core::default::Default::default() } #[doc =
        r" A client of this mock, over a broker inside the process."] #[doc = r""] #[doc
        = r" # Errors"] #[doc = r""] #[doc =
        r" None in practice; the type is that of connecting to a broker."] pub async fn
        client(& self,) -> ::core::result::Result < Remote < V >, ::redisrpc::Error > {
        self.mock.client(). await .map(::core::convert::From::from) } #[doc =
        r" The calls so far, in the order they came."] #[must_use] pub fn calls(& self)
        -> ::std::vec::Vec < ::redisrpc::mock::MockCall > { self.mock.calls() } #[doc =
        " Answers `put` with `handler`, and no longer with an earlier one."] #[must_use]
        #[allow(non_snake_case, reason = "it ends in the method's own name")] pub fn
        on_put(self, mut handler : impl ::core::ops::FnMut(& str, V) -> Result < Option <
        V >, Error > + ::core::marker::Send + 'static,) -> Self { self.mock.on("put",
        move | __request | { let __arguments = ::redisrpc::__private::Arguments:: < { 2 }
        > ::bind(__request, & __METHOD_put) ?; let __key = __arguments.required:: <
        ::redisrpc::__private::Text < '_ > > (0) ?; let __value = < V as
        ::redisrpc::__private::Argument > ::required(& __arguments, 1) ?; match
        handler(__key.as_str(), __value) { ::core::result::Result::Ok(__value) => { <
        Option < V > as ::redisrpc::__private::Returned > ::reply(& __value, __request) }
        ::core::result::Result::Err(__error) => { < Error as
        ::redisrpc::__private::ReturnedError > ::reply(__error, __request) } } }); self }
        #[cfg(feature = "more")] #[cfg(all(all(unix)))] #[doc =
        " Answers `all` with `handler`, and no longer with an earlier one."] #[must_use]
        #[allow(non_snake_case, reason = "it ends in the method's own name")] pub fn
        on_all(self, mut handler : impl ::core::ops::FnMut(String, Vec < String >) ->
        Result < Vec < V >, Error > + ::core::marker::Send + 'static,) -> Self { self
        .mock.on("all", move | __request | { let __arguments =
        ::redisrpc::__private::Arguments:: < { 1 + (::core::cfg!(all(unix)) as usize) } >
        ::bind(__request, & __METHOD_all) ?; #[cfg(unix)] let __path = < String as
        ::redisrpc::__private::Argument > ::required(& __arguments, 0) ?; let __keys = <
        String as ::redisrpc::__private::Argument > ::rest(& __arguments, 0 +
        (::core::cfg!(all(unix)) as usize)) ?; match handler(#[cfg(unix)] __path, __keys)
        { ::core::result::Result::Ok(__value) => { < Vec < V > as
        ::redisrpc::__private::Returned > ::reply(& __value, __request) }
        ::core::result::Result::Err(__error) => { < Error as
        ::redisrpc::__private::ReturnedError > ::reply(__error, __request) } } }); self }
        #[cfg(feature = "more")] #[cfg(all(not(all(unix))))] #[doc =
        " Answers `all` with `handler`, and no longer with an earlier one."] #[must_use]
        #[allow(non_snake_case, reason = "it ends in the method's own name")] pub fn
        on_all(self, mut handler : impl ::core::ops::FnMut(Vec < String >) -> Result <
        Vec < V >, Error > + ::core::marker::Send + 'static,) -> Self { self.mock
        .on("all", move | __request | { let __arguments =
        ::redisrpc::__private::Arguments:: < { 1 + (::core::cfg!(all(unix)) as usize) } >
        ::bind(__request, & __METHOD_all) ?; #[cfg(unix)] let __path = < String as
        ::redisrpc::__private::Argument > ::required(& __arguments, 0) ?; let __keys = <
        String as ::redisrpc::__private::Argument > ::rest(& __arguments, 0 +
        (::core::cfg!(all(unix)) as usize)) ?; match handler(#[cfg(unix)] __path, __keys)
        { ::core::result::Result::Ok(__value) => { < Vec < V > as
        ::redisrpc::__private::Returned > ::reply(& __value, __request) }
        ::core::result::Result::Err(__error) => { < Error as
        ::redisrpc::__private::ReturnedError > ::reply(__error, __request) } } }); self }
        } #[automatically_derived] impl < V > ::core::default::Default for RemoteMock < V
        > { fn default() -> Self { Self { mock : ::redisrpc::mock::Mock::new(), __types :
        ::core::marker::PhantomData, } } } #[automatically_derived] impl < V >
        ::core::fmt::Debug for RemoteMock < V > { fn fmt(& self, f : & mut
        ::core::fmt::Formatter < '_ >) -> ::core::fmt::Result { f
        .debug_struct("RemoteMock").finish_non_exhaustive() } }
    }
};
