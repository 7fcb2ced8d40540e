//! Layers of `tower`, on both sides.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::stream::{self, Stream};
use redisrpc::{
    Broker, Client, Context, Delivery, Error, Fault, FaultCode, Retry, Server,
    middleware::{ClientReply, ClientRequest, ServerRequest},
};
use redisrpc_test_support::until;
use tower::{ServiceBuilder, retry::Policy};

use crate::fixture::{redis, serve};

/// What a layer leaves for the method.
#[derive(Debug, Clone, PartialEq)]
struct User(String);

#[derive(Debug, Clone, Default)]
struct Guarded {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

struct Running<'a>(&'a Guarded);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Guarded {
    fn run(&self) -> Running<'_> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        Running(self)
    }
}

#[redisrpc::service]
impl Guarded {
    pub async fn whoami(&self, context: &Context) -> Option<String> {
        context.get::<User>().map(|user| user.0.clone())
    }

    pub async fn slow(&self, millis: u64) -> u64 {
        let _running = self.run();
        tokio::time::sleep(Duration::from_millis(millis)).await;
        millis
    }

    pub async fn fails(&self) -> Result<(), Error> {
        Err(Error::Invalid("as it likes".to_owned()))
    }

    pub fn panics(&self) {
        panic!("as some do");
    }

    /// How much time is left for the call.
    pub async fn left(&self, context: &Context) -> Option<u64> {
        Some(context.remaining()?.as_secs())
    }

    pub fn numbers(&self, context: &Context, end: u64) -> impl Stream<Item = u64> + use<> {
        let first = u64::from(context.get::<User>().is_some());
        stream::iter(first..end)
    }
}

fn authenticate(mut request: ServerRequest) -> Result<ServerRequest, Fault> {
    let user = request.context().metadata().get("user").map(str::to_owned);
    let Some(user) = user else {
        return Err(Fault::new(FaultCode::PermissionDenied, "who are you?"));
    };
    request.extensions_mut().insert(User(user));
    Ok(request)
}

async fn whom_the_layer_knows_the_method_knows(broker: &Broker, delivery: Delivery) {
    let layer = ServiceBuilder::new().filter(authenticate);
    let server = Server::new(broker, "guarded", Guarded::default());
    let server = serve(server.delivery(delivery).layer(layer));
    let client = Client::new(broker, "guarded");
    let stranger = GuardedClient::from(client.clone());
    let refused = stranger.whoami().await.unwrap_err();
    let Error::Fault(fault) = Error::from(refused) else {
        panic!("it is a fault");
    };
    assert_eq!(fault.code(), FaultCode::PermissionDenied);
    assert!(!fault.may_have_run());

    let ann = GuardedClient::from(client.clone().metadata("user", "Ann"));
    assert_eq!(ann.whoami().await.unwrap().as_deref(), Some("Ann"));
    assert_eq!(
        ann.left().timeout(Duration::from_secs(90)).await.unwrap(),
        Some(89)
    );
    assert_eq!(ann.numbers(4).all().await.unwrap(), [1, 2, 3]);
    assert_eq!(ann.numbers(50_000).all().await.unwrap().len(), 49_999);
    assert!(stranger.numbers(4).all().await.is_err());
    assert_eq!(ann.fails().await.unwrap_err().to_string(), "as it likes");
    let panic = ann.panics().await.unwrap_err();
    assert!(panic.to_string().contains("as some do"), "{panic}");
    // What every server answers needs no layer.
    client.ping().await.unwrap();
    let nothing = client.call("nothing").await.unwrap_err();
    assert!(
        nothing.to_string().contains("no method `nothing`"),
        "{nothing}"
    );
    server.stop().await;
}

#[tokio::test]
async fn whom_the_layer_knows_the_method_knows_through_redis() {
    let (redis, broker) = redis().await;
    for delivery in [Delivery::Reported, Delivery::AtMostOnce] {
        whom_the_layer_knows_the_method_knows(&broker, delivery).await;
    }
    let left = || redis.left_behind();
    assert!(until(|| left().is_empty()).await, "{:?}", left());
}

#[tokio::test]
async fn whom_the_layer_knows_the_method_knows_without_redis() {
    let broker = Broker::connect("memory://middleware").await.unwrap();
    whom_the_layer_knows_the_method_knows(&broker, Delivery::Reported).await;
}

#[tokio::test]
async fn the_first_layer_is_the_outermost_on_both_sides() {
    let (_redis, broker) = redis().await;
    let passed = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &'static str| {
        let passed = Arc::clone(&passed);
        move |request: ServerRequest| {
            assert_eq!((request.service(), request.method()), ("Guarded", "slow"));
            passed.lock().unwrap().push(name);
            request
        }
    };
    let server = Server::new(&broker, "guarded", Guarded::default())
        .layer(ServiceBuilder::new().map_request(noting("c")))
        .layer(
            ServiceBuilder::new()
                .map_request(noting("d"))
                .map_request(noting("e")),
        );
    let _server = serve(server);
    let saying = |name: &'static str| {
        let passed = Arc::clone(&passed);
        move |request: ClientRequest| {
            assert_eq!((request.queue(), request.method()), ("guarded", "slow"));
            passed.lock().unwrap().push(name);
            request
        }
    };
    let client = Client::new(&broker, "guarded")
        .layer(ServiceBuilder::new().map_request(saying("a")))
        .layer(ServiceBuilder::new().map_request(saying("b")));
    let guarded = GuardedClient::from(client);
    guarded.slow(1).await.unwrap();
    assert_eq!(*passed.lock().unwrap(), ["a", "b", "c", "d", "e"]);
    guarded.slow(1).oneway().await.unwrap();
    assert!(until(|| passed.lock().unwrap().len() == 10).await);
}

#[tokio::test]
async fn limits_of_a_server_hold_for_all_calls() {
    let (_redis, broker) = redis().await;
    let guarded = Guarded::default();
    let limit = ServiceBuilder::new().concurrency_limit(2);
    let _server = serve(Server::new(&broker, "guarded", guarded.clone()).layer(limit));
    let client = GuardedClient::new(&broker, "guarded");
    let calls = (0..8).map(|_| client.slow(20).into_future());
    for done in futures_util::future::join_all(calls).await {
        done.unwrap();
    }
    assert_eq!(guarded.most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_timeout_of_a_server_drops_the_method() {
    let (_redis, broker) = redis().await;
    let guarded = Guarded::default();
    let timeout = ServiceBuilder::new().timeout(Duration::from_millis(50));
    let _server = serve(Server::new(&broker, "guarded", guarded.clone()).layer(timeout));
    let client = GuardedClient::new(&broker, "guarded");
    let error = client.slow(3_600_000).await.unwrap_err();
    assert!(error.to_string().contains("timed out"), "{error}");
    assert_eq!(guarded.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_that_is_given_up_is_dropped_with_its_layers() {
    let (_redis, broker) = redis().await;
    let guarded = Guarded::default();
    let limit = ServiceBuilder::new().concurrency_limit(1);
    let _server = serve(Server::new(&broker, "guarded", guarded.clone()).layer(limit));
    let client = GuardedClient::new(&broker, "guarded");
    let running = tokio::spawn(client.slow(3_600_000).into_future());
    assert!(until(|| guarded.running.load(Ordering::SeqCst) == 1).await);
    // One more, which waits for the limit.
    let waiting = client.slow(1).timeout(Duration::from_millis(100));
    assert!(waiting.await.unwrap_err().is_timeout());
    running.abort();
    assert!(until(|| guarded.dropped.load(Ordering::SeqCst) == 1).await);
    assert_eq!(client.slow(1).await.unwrap(), 1, "the limit is free again");
}

#[tokio::test]
async fn a_layer_that_panics_ends_its_call_and_nothing_else() {
    let (_redis, broker) = redis().await;
    let panics = ServiceBuilder::new().map_request(|request: ServerRequest| {
        assert!(request.method() != "slow", "not that one");
        request
    });
    let _server = serve(Server::new(&broker, "guarded", Guarded::default()).layer(panics));
    let client = GuardedClient::new(&broker, "guarded");
    let error = client.slow(1).await.unwrap_err();
    assert!(error.to_string().contains("not that one"), "{error}");
    assert_eq!(client.whoami().await.unwrap(), None);
}

/// One object of which calls run one after the other.
struct Ordered(Vec<u64>);

#[redisrpc::service]
impl Ordered {
    pub fn push(&mut self, context: &Context, number: u64) -> usize {
        assert!(context.get::<User>().is_some());
        self.0.push(number);
        self.0.len()
    }
}

fn left_for_all(mut request: ServerRequest) -> ServerRequest {
    request.extensions_mut().insert(User("anybody".to_owned()));
    request
}

#[tokio::test]
async fn servers_of_every_kind_have_layers() {
    let (_redis, broker) = redis().await;
    let layer = || ServiceBuilder::new().map_request(left_for_all);
    let ordered = Server::new(&broker, "ordered", Ordered(Vec::new())).layer(layer());
    let _ordered = serve(ordered);
    let client = OrderedClient::new(&broker, "ordered");
    let calls = (0..50).map(|number| client.push(number).into_future());
    let lengths: Vec<_> = futures_util::future::join_all(calls).await;
    let lengths: Vec<_> = lengths.into_iter().map(Result::unwrap).collect();
    assert_eq!(lengths, (1..=50).collect::<Vec<_>>());

    let stepped = Server::new(&broker, "stepped", Ordered(Vec::new())).layer(layer());
    let mut stepped = stepped.stepped().unwrap();
    let call = tokio::spawn(OrderedClient::new(&broker, "stepped").push(5).into_future());
    while stepped.step().await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(call.await.unwrap().unwrap(), 1);
}

#[tokio::test]
async fn streams_go_through_the_layers_of_a_client() {
    let (redis, broker) = redis().await;
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let says_who = move |mut request: ClientRequest| {
        assert_eq!(request.method(), "numbers");
        counted.fetch_add(1, Ordering::SeqCst);
        let who = "Ann".to_owned();
        request.metadata_mut().insert("user".to_owned(), who);
        request
    };
    let layers = ServiceBuilder::new()
        .concurrency_limit(1)
        .timeout(Duration::from_millis(200))
        .map_request(says_who);
    let client = Client::new(&broker, "guarded").layer(layers);
    let ann = GuardedClient::from(client);

    // Nobody serves yet.
    let error = ann.numbers(4).all().await.unwrap_err();
    let text = Error::from(error).to_string();
    assert!(text.contains("timed out"), "{text}");

    let layer = ServiceBuilder::new().filter(authenticate);
    let _server = serve(Server::new(&broker, "guarded", Guarded::default()).layer(layer));
    assert_eq!(ann.numbers(4).all().await.unwrap(), [1, 2, 3]);
    // The limit is for their beginnings: two at a time are none too many.
    let (one, two) = tokio::join!(ann.numbers(50_000).all(), ann.numbers(20_000).all());
    assert_eq!((one.unwrap().len(), two.unwrap().len()), (49_999, 19_999));
    let mut endless = ann.numbers(u64::MAX);
    assert_eq!(endless.next().await.unwrap().unwrap(), 1);
    drop(endless);
    assert_eq!(made.load(Ordering::SeqCst), 5);
    let left = || redis.left_behind();
    assert!(until(|| left().is_empty()).await, "{:?}", left());
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_made_again_by_a_layer() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "guarded", Guarded::default()));
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let not_at_first = move |request: ClientRequest| match counted.fetch_add(1, Ordering::SeqCst) {
        0 => Err("not at first"),
        _ => Ok(request),
    };
    let layers = ServiceBuilder::new()
        .retry(Once(false))
        .filter(not_at_first);
    let client = Client::new(&broker, "guarded").layer(layers);
    let numbers = GuardedClient::from(client).numbers(1_000).all().await;
    assert_eq!(numbers.unwrap().len(), 1_000);
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

/// Makes a call once more when its time is up.
#[derive(Clone)]
struct Once(bool);

impl Policy<ClientRequest, ClientReply, tower::BoxError> for Once {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut ClientRequest,
        result: &mut Result<ClientReply, tower::BoxError>,
    ) -> Option<Self::Future> {
        let again = result.is_err() && !self.0;
        self.0 = true;
        again.then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &ClientRequest) -> Option<ClientRequest> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn layers_of_a_client_end_calls_and_make_them_again() {
    let (_redis, broker) = redis().await;
    let guarded = Guarded::default();
    let _server = serve(Server::new(&broker, "guarded", guarded.clone()));
    let timeout = ServiceBuilder::new().timeout(Duration::from_millis(100));
    let client = Client::new(&broker, "guarded").layer(timeout);
    let quick = GuardedClient::from(client.retry(Retry::new(3)));
    assert_eq!(quick.slow(1).await.unwrap(), 1);
    let error = Error::from(quick.slow(3_600_000).await.unwrap_err());
    assert!(
        matches!(&error, Error::Layer(text) if text.contains("timed out")),
        "{error:?}"
    );
    assert!(error.may_have_run());
    let dropped = || guarded.dropped.load(Ordering::SeqCst);
    assert!(until(|| dropped() == 2).await, "the server heard of it");

    let again = ServiceBuilder::new()
        .retry(Once(false))
        .timeout(Duration::from_millis(50));
    let again = GuardedClient::from(Client::new(&broker, "guarded").layer(again));
    assert!(again.slow(3_600_000).await.is_err());
    assert!(until(|| dropped() == 4).await, "twice");
    let own = again.fails().await.unwrap_err();
    assert_eq!(own.to_string(), "as it likes");
}
