//! Who serves what, and how it fares.

use std::time::Duration;

use redis::cmd;
use redisrpc::{
    Broker, Client, Delivery, Error, FaultCode, Server, Service,
    discovery::{Discovery, Order, ServerInfo, State},
};
use redisrpc_test_support::{PATIENCE, until};

use crate::{
    fixture::{
        Calculator, CalculatorClient, Concurrent, ConcurrentClient, Held, HeldClient, Serving,
        redis, serve,
    },
    recovery::worker::worker,
};

/// Servers that say often how they fare.
fn server(broker: &Broker, queue: &str, service: impl Service) -> Server {
    Server::new(broker, queue, service).recovery_time(Duration::from_secs(2))
}

fn serving(broker: &Broker, service: impl Service) -> Serving {
    serve(server(broker, "calc", service))
}

/// The servers of a queue, once they are as they should be.
async fn servers(
    broker: &Broker,
    queue: &str,
    are: impl Fn(&[ServerInfo]) -> bool,
) -> Vec<ServerInfo> {
    let discovery = Discovery::new(broker);
    let give_up = tokio::time::Instant::now() + PATIENCE;
    loop {
        let servers = discovery.servers(queue).await.unwrap();
        if are(&servers) {
            return servers;
        }
        let late = tokio::time::Instant::now() > give_up;
        assert!(!late, "{servers:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn calls(servers: &[ServerInfo]) -> u64 {
    let methods = servers.iter().flat_map(|it| it.methods.values());
    methods.map(|method| method.calls).sum()
}

#[tokio::test]
async fn a_server_says_what_it_is_and_what_it_has_done() {
    let (_redis, broker) = redis().await;
    let one = server(&broker, "calc", Concurrent).concurrency(7);
    let serving = serve(one.drain_timeout(Duration::from_millis(1)));
    let client = ConcurrentClient::new(&broker, "calc");
    for _ in 0..3 {
        client.add(1, 1).await.unwrap();
    }
    client.infinite().await.unwrap_err();
    client.panic("no".to_owned()).await.unwrap_err();
    let sleeping = tokio::spawn(client.sleep(60_000).into_future());
    let busy = |servers: &[ServerInfo]| calls(servers) == 6;
    let servers = servers(&broker, "calc", busy).await;
    let [one] = &servers[..] else {
        panic!("{servers:#?}");
    };
    assert_eq!((&*one.queue, &*one.service), ("calc", "Concurrent"));
    assert_eq!(one.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(one.library.starts_with("redisrpc "), "{}", one.library);
    assert_eq!((one.pid, one.state), (std::process::id(), State::Running));
    assert_eq!((one.concurrency, one.in_flight), (7, 1));
    assert_eq!(one.delivery, "reported");
    assert!(!one.host.is_empty() && one.time >= one.started);
    let of = |method: &str| {
        let stats = &one.methods[method];
        (
            stats.calls,
            stats.errors,
            stats.panics,
            stats.latency.count(),
        )
    };
    assert_eq!(of("add"), (3, 0, 0, 3));
    assert_eq!(of("infinite"), (1, 1, 0, 1));
    assert_eq!(of("panic"), (1, 1, 1, 1));
    assert_eq!(of("sleep"), (1, 0, 0, 0));
    assert!(!one.methods.contains_key("echo"), "it was not called");
    let fingerprint = format!("{:016x}", Concurrent::DESCRIPTOR.fingerprint());
    assert_eq!(one.fingerprint, fingerprint);
    sleeping.abort();
    serving.stop().await;
}

#[tokio::test]
async fn every_queue_is_listed_with_the_servers_that_live() {
    let (_redis, broker) = redis().await;
    let discovery = Discovery::new(&broker);
    assert_eq!(discovery.queues().await.unwrap(), [""; 0]);
    assert_eq!(discovery.servers("calc").await.unwrap(), []);
    let sharded = serve(server(&broker, "many", Concurrent).shards(2));
    let once = server(&broker, "calc", Concurrent).delivery(Delivery::AtMostOnce);
    let [one, other] = [serve(once), serving(&broker, Calculator::default())];
    let both = servers(&broker, "calc", |servers| servers.len() == 2).await;
    let mut services: Vec<_> = both
        .iter()
        .map(|it| (&*it.service, &*it.delivery))
        .collect();
    services.sort_unstable();
    assert_eq!(
        services,
        [("Calculator", "reported"), ("Concurrent", "at most once")]
    );
    for queue in ["many", "many#1"] {
        servers(&broker, queue, |servers| servers.len() == 1).await;
    }
    assert_eq!(
        discovery.queues().await.unwrap(),
        ["calc", "many", "many#1"]
    );
    for serving in [one, other, sharded] {
        serving.stop().await;
    }
    for queue in discovery.queues().await.unwrap() {
        assert_eq!(discovery.servers(&queue).await.unwrap(), [], "{queue}");
    }
}

#[tokio::test]
async fn a_killed_server_is_forgotten_by_redis_and_struck_off_by_the_others() {
    let (redis, broker) = redis().await;
    for delivery in ["reported", "at most once"] {
        let doomed = worker(&redis, delivery);
        servers(&broker, "work", |servers| servers.len() == 1).await;
        doomed.signal("KILL");
        servers(&broker, "work", <[ServerInfo]>::is_empty).await;
        assert_eq!(redis.ask::<usize>("HLEN redisrpc:{work}:servers"), 1);
        let once = server(&broker, "work", Concurrent).delivery(Delivery::AtMostOnce);
        let other = serve(once);
        let alone = || {
            let known: Vec<String> = redis.ask("HKEYS redisrpc:{work}:servers");
            let lives = |id| redis.ask::<usize>(&format!("EXISTS redisrpc:{{work}}:beat:{id}"));
            known.len() == 1 && lives(&known[0]) == 1
        };
        assert!(until(alone).await, "{delivery}");
        other.stop().await;
    }
}

#[tokio::test]
async fn a_quiet_server_takes_nothing_until_it_is_to_go_on() {
    let (redis, broker) = redis().await;
    let held = Held::default();
    let serving = serve(server(&broker, "calc", held.clone()).concurrency(9));
    let client = HeldClient::new(&broker, "calc");
    let begun = tokio::spawn(client.letters(1).into_future());
    held.has_begun(1).await;
    let discovery = Discovery::new(&broker);
    let state = async |state| {
        let is = |servers: &[ServerInfo]| matches!(servers, [one] if one.state == state);
        servers(&broker, "calc", is).await.remove(0)
    };
    let id = state(State::Running).await.id;
    discovery.order("calc", &id, Order::Quiet).await.unwrap();
    assert_eq!(state(State::Quiet).await.in_flight, 1);
    let waits = tokio::spawn(client.letters(2).into_future());
    assert!(until(|| redis.ask::<usize>("LLEN calc") == 1).await);
    held.end();
    assert_eq!(
        begun.await.unwrap().unwrap(),
        "x",
        "what it had, it answers"
    );
    assert_eq!(redis.ask::<usize>("LLEN calc"), 1);
    discovery.order("calc", &id, Order::Resume).await.unwrap();
    held.has_begun(2).await;
    held.end();
    assert_eq!(waits.await.unwrap().unwrap(), "xx");
    state(State::Running).await;
    discovery.order("calc", &id, Order::Stop).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, serving.task).await;
    ended.unwrap().unwrap().unwrap();
    let late = discovery.order("calc", &id, Order::Quiet).await;
    let error = late.unwrap_err().to_string();
    assert!(
        error.contains("no server") && error.contains(&id),
        "{error}"
    );
}

#[tokio::test]
async fn a_quiet_server_can_be_stopped() {
    let (_redis, broker) = redis().await;
    let serving = serving(&broker, Concurrent);
    let handle = serving.handle.clone();
    handle.quiet();
    let quiet = |servers: &[ServerInfo]| servers.iter().all(|it| it.state == State::Quiet);
    servers(&broker, "calc", |it| !it.is_empty() && quiet(it)).await;
    serving.stop().await;
    // What is over stays so.
    handle.resume();
    handle.quiet();
}

#[tokio::test]
async fn every_server_answers_who_it_is_to_old_callers_too() {
    let (redis, broker) = redis().await;
    let serving = serving(&broker, Concurrent);
    let client = Client::new(&broker, "calc");
    let pong = client.ping().await.unwrap();
    assert_eq!((&*pong.service, &*pong.queue), ("Concurrent", "calc"));
    let stats: ServerInfo = client.call("redisrpc.stats").returning().await.unwrap();
    assert_eq!(stats.id, pong.server);
    let contract = client.describe().await.unwrap();
    assert_eq!(contract.fingerprint(), Concurrent::DESCRIPTOR.fingerprint());
    let unknown = client.call("redisrpc.shutdown").await.unwrap_err();
    assert_eq!(unknown.fault().unwrap().code(), FaultCode::MethodNotFound);
    let mut peer = redis.connection();
    let request =
        r#"{"function_call":{"name":"redisrpc.describe"},"response_queue":"calc:rpc:OLD"}"#;
    let _: u64 = cmd("RPUSH")
        .arg(&["calc", request])
        .query(&mut peer)
        .unwrap();
    let reply = || redis.ask::<Vec<String>>("LRANGE calc:rpc:OLD 0 -1").pop();
    assert!(until(|| reply().is_some()).await);
    let reply = reply().unwrap_or_default();
    let start = r#"{"return_value":{"redisrpc":1,"service":"Concurrent","#;
    assert!(reply.starts_with(start), "{reply}");
    // They are no calls of the service's methods.
    assert_eq!(
        calls(&[client.call("redisrpc.stats").returning().await.unwrap()]),
        0
    );
    serving.stop().await;
}

mod changed {
    pub struct Calculator;

    #[redisrpc::service]
    impl Calculator {
        pub fn val(&self) -> f64 {
            0.0
        }

        pub fn add(&self, number: f32) -> f64 {
            number.into()
        }

        pub fn more(&self, extra: Option<u8>) -> bool {
            extra.is_some()
        }
    }
}

#[tokio::test]
async fn a_client_learns_at_its_start_what_its_service_has_become() {
    let (_redis, broker) = redis().await;
    let client = CalculatorClient::new(&broker, "calc");
    let check = async || client.client().check(CalculatorClient::DESCRIPTOR).await;
    let same = serving(&broker, Calculator::default());
    check().await.unwrap();
    same.stop().await;
    let changed = serving(&broker, changed::Calculator);
    let Err(Error::Mismatch(mismatch)) = check().await else {
        panic!("it fits");
    };
    let changes: Vec<_> = mismatch.changes().iter().map(|it| it.to_string()).collect();
    let expected = [
        "`clr`: `async fn clr(&self)` is gone",
        "`add`: the type of argument `number` was `f64`, is `f32`",
        "`sub`: `async fn sub(&self, number: f64) -> f64` is gone",
        "`mul`: `async fn mul(&self, number: f64) -> f64` is gone",
        "`div`: `async fn div(&self, number: f64) -> Result<f64, CalculatorError>` is gone",
    ];
    for expected in expected {
        let told = changes.iter().any(|change| change.starts_with(expected));
        assert!(told, "{expected:?} is not in {changes:#?}");
    }
    assert_eq!(changes.len(), expected.len(), "{changes:#?}");
    changed.stop().await;
}

#[tokio::test]
async fn a_call_nobody_would_answer_fails_at_once_if_it_is_to() {
    let (redis, broker) = redis().await;
    let impatient = Client::new(&broker, "calc").fail_unserved(true);
    let client = ConcurrentClient::from(impatient.timeout(2 * PATIENCE));
    let unserved = client.add(1, 1).await.unwrap_err();
    assert!(!unserved.may_have_run());
    assert!(
        matches!(&unserved, redisrpc::CallError::Rpc(Error::Unserved(_))),
        "{unserved:?}"
    );
    assert_eq!(
        unserved.to_string(),
        "`add` was not called: no server serves queue `calc`; start one, or let calls wait for \
         it by leaving out `fail_unserved`"
    );
    assert_eq!(redis.ask::<usize>("EXISTS calc"), 0);
    let serving = serving(&broker, Concurrent);
    servers(&broker, "calc", |servers| servers.len() == 1).await;
    assert_eq!(client.add(1, 1).await.unwrap(), 2);
    serving.stop().await;
    // It is believed for a second that somebody is there.
    let mut last = Ok(0);
    let give_up = tokio::time::Instant::now() + PATIENCE;
    while !matches!(last, Err(redisrpc::CallError::Rpc(Error::Unserved(_)))) {
        assert!(tokio::time::Instant::now() < give_up, "{last:?}");
        last = client.add(1, 1).timeout(Duration::from_millis(100)).await;
    }
}
