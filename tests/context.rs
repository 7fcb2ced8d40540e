//! What a method is told of the call that it runs for.

use std::{future::IntoFuture as _, time::Duration};

use redisrpc::{Broker, Client, Context, Error, Server};
use redisrpc_test_support::PATIENCE;
use serde::{Deserialize, Serialize};

use crate::{
    fixture::{redis, serve},
    old_peer::OldClient,
};

/// What a method saw of its call.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    method: String,
    queue: String,
    /// How many minutes were left, rounded up.
    minutes: Option<u64>,
    is_old: bool,
    is_cancelled: bool,
}

impl Seen {
    fn by(context: &Context) -> Self {
        let minutes = |left: Duration| left.as_secs().div_ceil(60);
        Self {
            method: context.method().to_owned(),
            queue: context.queue().to_owned(),
            minutes: context.remaining().map(minutes),
            is_old: context.is_old(),
            is_cancelled: context.is_cancelled(),
        }
    }
}

#[redisrpc::service(client = impl)]
trait Told {
    #[rpc(name = "renamed", alias = "alias")]
    async fn first(&self, context: &Context, number: u32) -> Result<(Seen, u32), Error>;
    async fn last(&self, number: u32, _: &redisrpc::Context) -> Result<(Seen, u32), Error>;
}

struct Teller;

impl Told for Teller {
    async fn first(&self, context: &Context, number: u32) -> Result<(Seen, u32), Error> {
        Ok((Seen::by(context), number))
    }

    async fn last(&self, number: u32, context: &Context) -> Result<(Seen, u32), Error> {
        Ok((Seen::by(context), number))
    }
}

#[derive(Default)]
struct Inherent {
    calls: u32,
}

#[redisrpc::service]
impl Inherent {
    pub fn sync(&mut self, text: &str, context: &Context, more: Option<&str>) -> (Seen, String) {
        self.calls += 1;
        (Seen::by(context), format!("{text} {more:?} {}", self.calls))
    }

    #[rpc(blocking)]
    pub fn blocking(&self, context: &Context, text: &str) -> (Seen, String) {
        (Seen::by(context), text.to_owned())
    }
}

fn seen(method: &str, queue: &str, minutes: u64) -> Seen {
    Seen {
        method: method.to_owned(),
        queue: queue.to_owned(),
        minutes: Some(minutes),
        is_old: false,
        is_cancelled: false,
    }
}

const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);

#[tokio::test]
async fn methods_of_a_trait_are_told_of_their_calls() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "told", ToldService::new(Teller)));
    let told = ToldClient::from(Client::new(&broker, "told").timeout(FIVE_MINUTES));
    let first = told.first(1).await;
    assert_eq!(first, Ok((seen("renamed", "told", 5), 1)));
    let last = told.last(2).timeout(FIVE_MINUTES / 5).await;
    assert_eq!(last, Ok((seen("last", "told", 1), 2)));
    let aliased = told.client().call("alias").arg(3).returning().await;
    assert_eq!(aliased, Ok((seen("renamed", "told", 5), 3)));
    let names: Vec<_> = ToldClient::DESCRIPTOR.methods()[0]
        .arguments()
        .iter()
        .map(|argument| argument.name())
        .collect();
    assert_eq!(names, ["number"], "callers know nothing of it");
}

#[tokio::test]
async fn methods_of_an_impl_block_are_told_of_their_calls() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "told", Inherent::default()));
    let client = InherentClient::from(Client::new(&broker, "told").timeout(FIVE_MINUTES));
    let sync = client.sync("a", Some("b")).await;
    assert_eq!(
        sync,
        Ok((seen("sync", "told", 5), r#"a Some("b") 1"#.to_owned()))
    );
    let blocking = client.blocking("c").await;
    assert_eq!(blocking, Ok((seen("blocking", "told", 5), "c".to_owned())));
}

#[tokio::test]
async fn a_call_of_an_old_client_has_no_deadline() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "told", ToldService::new(Teller)));
    let call = move || {
        let mut client = OldClient::new(&redis, "told");
        let call =
            r#"{"function_call":{"name":"renamed","args":[7]},"response_queue":"told:rpc:X"}"#;
        client.call(call, "told:rpc:X")
    };
    let reply = tokio::task::spawn_blocking(call).await.unwrap();
    let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
    let old = Seen {
        minutes: None,
        is_old: true,
        ..seen("renamed", "told", 0)
    };
    let seen: (Seen, u32) = serde_json::from_value(reply["return_value"].clone()).unwrap();
    assert_eq!(seen, (old, 7));
}

/// One function for objects here and afar.
async fn through_the_trait(told: &impl Told, context: &Context) -> Result<(Seen, u32), Error> {
    told.first(context, 1).await
}

#[tokio::test]
async fn a_client_that_implements_the_trait_passes_the_deadline_on() {
    struct Relay(ToldClient);

    #[redisrpc::service]
    impl Relay {
        pub async fn relayed(&self, context: &Context) -> Result<(Seen, u32), Error> {
            through_the_trait(&self.0, context).await
        }
    }

    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "told", ToldService::new(Teller)));
    let told = ToldClient::from(Client::new(&broker, "told").timeout(FIVE_MINUTES));
    let here = through_the_trait(&Teller, &Context::default()).await;
    assert_eq!(here.unwrap().0.method, "");
    let afar = through_the_trait(&told, &Context::default()).await;
    assert_eq!(afar, Ok((seen("renamed", "told", 5), 1)));

    let _relay = serve(Server::new(&broker, "relay", Relay(told)));
    let relay = RelayClient::new(&broker, "relay");
    let call = relay.relayed().timeout(FIVE_MINUTES / 5 * 2).await;
    assert_eq!(call, Ok((seen("renamed", "told", 2), 1)));
}

/// Tells when the caller's time is up.
struct Patient(tokio::sync::mpsc::UnboundedSender<bool>);

#[redisrpc::service]
impl Patient {
    pub async fn wait(&self, context: &Context) {
        let (context, over) = (context.clone(), self.0.clone());
        let task = tokio::spawn(async move {
            let before = context.is_cancelled();
            context.cancelled().await;
            let _ = over.send(!before && context.is_cancelled());
        });
        let _ = task.await;
        // So that it is not answered at the last moment.
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_method_learns_that_its_time_is_up() {
    let (_redis, broker) = redis().await;
    let (over, mut is_over) = tokio::sync::mpsc::unbounded_channel();
    let _server = serve(Server::new(&broker, "patient", Patient(over)));
    let patient = PatientClient::new(&broker, "patient");
    let error = patient.wait().timeout(Duration::from_millis(200)).await;
    assert!(error.unwrap_err().is_timeout());
    let told = tokio::time::timeout(PATIENCE, is_over.recv()).await;
    assert_eq!(told, Ok(Some(true)));
}

#[tokio::test]
async fn a_mock_answers_for_methods_that_are_told_of_their_calls() {
    let mock = ToldMock::new().on_first(|number| Ok((seen("first", "mock", 1), number)));
    let told = mock.client().await.unwrap();
    assert_eq!(told.first(4).await, Ok((seen("first", "mock", 1), 4)));
    assert_eq!(mock.calls()[0].to_string(), "renamed(4)");
}

#[tokio::test]
async fn without_redis_methods_are_told_all_the_same() {
    let broker = Broker::connect("memory://told").await.unwrap();
    let _server = serve(Server::new(&broker, "told", ToldService::new(Teller)));
    let told = ToldClient::from(Client::new(&broker, "told").timeout(FIVE_MINUTES));
    let first = told.first(1).await;
    assert_eq!(first, Ok((seen("renamed", "told", 5), 1)));
}

/// Calls another service for its own callers.
struct Relay(ToldClient);

#[redisrpc::service]
impl Relay {
    pub async fn asynchronous(&self, minutes: u32) -> (Seen, u32) {
        let call = self.0.first(1).timeout(FIVE_MINUTES / 5 * minutes);
        // Not only what is awaited at once: it may have waited before.
        tokio::task::yield_now().await;
        call.await.unwrap()
    }

    #[rpc(blocking)]
    pub fn blocking(&self) -> (Seen, u32) {
        let call = self.0.first(1).into_future();
        tokio::runtime::Handle::current().block_on(call).unwrap()
    }

    pub async fn spawned(&self) -> (Seen, u32) {
        let call = tokio::spawn(self.0.first(1).into_future());
        call.await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn calls_made_by_a_method_take_no_longer_than_its_own_call() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "told", ToldService::new(Teller)));
    let told = ToldClient::from(Client::new(&broker, "told").timeout(FIVE_MINUTES));
    let _relay = serve(Server::new(&broker, "relay", Relay(told.clone())));
    let relay = RelayClient::from(Client::new(&broker, "relay").timeout(FIVE_MINUTES / 5 * 2));
    let told_of = |minutes| Ok((seen("renamed", "told", minutes), 1));
    assert_eq!(relay.asynchronous(5).await, told_of(2), "no longer");
    assert_eq!(
        relay.asynchronous(1).await,
        told_of(1),
        "its own is shorter"
    );
    assert_eq!(
        relay.blocking().await,
        told_of(2),
        "on a thread that blocks"
    );
    assert_eq!(relay.spawned().await, told_of(5), "a task of its own");
    let after = told.first(1).await;
    assert_eq!(
        after,
        Ok((seen("renamed", "told", 5), 1)),
        "and nothing after it"
    );
}
