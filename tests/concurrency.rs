//! Many calls at once, over few connections.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use redisrpc::{Broker, Client, Server};
use redisrpc_test_support::{PATIENCE, RedisServer, until};
use serde_json::json;
use tokio::sync::Notify;

use crate::fixture::{Concurrent, ConcurrentClient, redis, serve};

/// Redis' clients by name, those without a name left out.
pub fn clients(redis: &RedisServer) -> HashMap<String, usize> {
    let list: String = redis::cmd("CLIENT")
        .arg("LIST")
        .query(&mut redis.connection())
        .unwrap();
    let mut names = HashMap::new();
    for line in list.lines() {
        let name = line
            .split(' ')
            .find_map(|field| field.strip_prefix("name="))
            .unwrap();
        if !name.is_empty() {
            // Behind the role stands the client's own random name.
            let role = name.splitn(4, ':').take(3).collect::<Vec<_>>().join(":");
            *names.entry(role).or_insert(0) += 1;
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_in_flight_share_three_connections() {
    let redis = RedisServer::start();
    let serving = Broker::connect(redis.url()).await.unwrap();
    let server = Server::new(&serving, "calc", Concurrent).concurrency(2000);
    let _server = serve(server);
    let calling = Broker::connect(redis.url()).await.unwrap();
    let client = ConcurrentClient::new(&calling, "calc");
    let calls: Vec<_> = (0..1000)
        .map(|_| tokio::spawn(client.sleep(1500).into_future()))
        .collect();
    let fast = ConcurrentClient::new(&calling, "calc");
    assert_eq!(fast.add(20, 3).await.unwrap(), 23);
    assert_few_connections(&redis);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 1500);
    }
    assert_few_connections(&redis);
}

/// Of one client and one server: one each for pops and, once it was needed, for
/// pushes beside them, and one for the rest.
fn assert_few_connections(redis: &RedisServer) {
    let mut clients = clients(redis);
    for (name, count) in [("write", 2), ("pop:calc", 1), ("pop:replies", 1)] {
        let name = format!("redisrpc:{name}");
        assert_eq!(clients.remove(&name), Some(count), "{name}");
    }
    clients
        .remove("redisrpc:push:calls")
        .inspect(|&count| assert_eq!(count, 1));
    clients
        .remove("redisrpc:push:calc")
        .inspect(|&count| assert_eq!(count, 1));
    assert!(clients.is_empty(), "{clients:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_gets_its_own_answer() {
    let (_redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    let client = ConcurrentClient::new(&broker, "calc");
    let calls: Vec<_> = (0..5000)
        .map(|n| tokio::spawn(client.add(n, 1).into_future()))
        .collect();
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n + 1);
    }
}

#[tokio::test]
async fn a_server_takes_no_more_than_it_may_run() {
    let (redis, broker) = redis().await;
    let _server = serve(Server::new(&broker, "calc", Concurrent).concurrency(3));
    let client = ConcurrentClient::new(&broker, "calc");
    let calls: Vec<_> = (0..10)
        .map(|_| tokio::spawn(client.sleep(60_000).into_future()))
        .collect();
    let mut look = redis.connection();
    let mut queued = move || {
        redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut look)
            .unwrap()
    };
    assert!(until(|| queued() == 7).await, "three are taken");
    // It would take more within one wait of its pop, if it ever did.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(queued(), 7);
    for call in calls {
        call.abort();
    }
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<u64>>>);

#[redisrpc::service]
impl Recorder {
    /// One `&mut self` makes a service take its requests in order.
    pub fn record(&mut self, number: u64) {
        self.0.lock().unwrap().push(number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_arrive_in_the_order_they_were_made() {
    let (_redis, broker) = redis().await;
    let recorder = Recorder::default();
    let _server = serve(Server::new(&broker, "calc", recorder.clone()));
    let client = RecorderClient::new(&broker, "calc");
    let mut waiting = Vec::new();
    for number in 0..20_000 {
        let mut call = client.record(number).timeout(PATIENCE).into_future();
        // The first look makes the call.
        assert!(call.try_get().is_none());
        waiting.push(call);
    }
    for call in waiting {
        call.await.unwrap();
    }
    let recorded = recorder.0.lock().unwrap();
    assert!(recorded.iter().copied().eq(0..20_000), "{recorded:?}");
}

/// Keeps a thread busy, and remembers which.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<HashSet<thread::ThreadId>>>);

#[redisrpc::service]
impl Busy {
    pub fn work(&self) {
        thread::sleep(Duration::from_millis(5));
        self.0.lock().unwrap().insert(thread::current().id());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn methods_that_keep_a_thread_busy_run_on_several() {
    let (redis, broker) = redis().await;
    let client = BusyClient::new(&broker, "calc");
    let calls: Vec<_> = (0..64)
        .map(|_| tokio::spawn(client.work().into_future()))
        .collect();
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 64).await);
    let busy = Busy::default();
    let _server = serve(Server::new(&broker, "calc", busy.clone()));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(busy.0.lock().unwrap().len() > 1);
}

#[tokio::test]
async fn dropping_ten_thousand_calls_leaks_nothing_and_loses_no_other() {
    let (redis, broker) = redis().await;
    let client = Client::new(&broker, "calc");
    let add = |a, b| client.call("add").arg(a).arg(b).timeout(PATIENCE);
    let kept = tokio::spawn(add(1, 2).into_future());
    let dropped: Vec<_> = (0..10_000)
        .map(|n| tokio::spawn(add(n, 0).into_future()))
        .collect();
    let mut look = redis.connection();
    let mut queued = move || {
        redis::cmd("LLEN")
            .arg("calc")
            .query::<i64>(&mut look)
            .unwrap()
    };
    assert!(until(|| queued() == 10_001).await, "all are queued");
    for call in dropped {
        call.abort();
    }
    assert!(
        until(|| queued() == 1).await,
        "all but one are withdrawn, {} are left",
        queued()
    );
    let _server = serve(Server::new(&broker, "calc", Concurrent));
    assert_eq!(kept.await.unwrap().unwrap(), json!(3));
}

#[tokio::test]
async fn a_server_without_a_limit_serves() {
    let (_redis, broker) = redis().await;
    let client = ConcurrentClient::new(&broker, "calc");
    let server = Server::new(&broker, "calc", Concurrent).concurrency(usize::MAX);
    let server = serve(server);
    assert_eq!(client.add(1, 2).await.unwrap(), 3);
    server.stop().await;
    let server = Server::new(&broker, "calc", Concurrent).concurrency(usize::MAX);
    let mut stepped = server.stepped().unwrap();
    client.add(1, 2).oneway().await.unwrap();
    assert_eq!(stepped.step().await.unwrap(), 1);
}

/// A method that proves slow, and one that keeps its thread until it is let go.
struct Blocked(Mutex<mpsc::Receiver<()>>);

#[redisrpc::service]
impl Blocked {
    pub fn slow(&self) {
        thread::sleep(Duration::from_millis(5));
    }

    pub fn held(&self) {
        let _ = self.0.lock().unwrap().recv();
    }
}

#[tokio::test]
async fn a_reply_does_not_wait_for_slow_requests_taken_with_it() {
    let (redis, broker) = redis().await;
    let client = BlockedClient::new(&broker, "calc");
    let mut slow = client.slow().into_future();
    assert!(slow.try_get().is_none());
    let mut held = client.held().into_future();
    assert!(held.try_get().is_none());
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 2).await);
    // On a thread of its own, so that it does not keep this one busy.
    let (url, (let_go, letting)) = (redis.url(), mpsc::channel());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let broker = Broker::connect(url).await.unwrap();
            let server = Server::new(&broker, "calc", Blocked(Mutex::new(letting)));
            server.run_until(stopped).await.unwrap();
        });
    });
    slow.await.unwrap();
    let_go.send(()).unwrap();
    held.await.unwrap();
    stop.send(()).unwrap();
    server.join().unwrap();
}

/// Counts its calls; the first waits until it is let go.
struct Counting {
    begun: Arc<AtomicUsize>,
    let_go: Arc<Notify>,
}

#[redisrpc::service]
impl Counting {
    pub async fn count(&mut self) {
        if self.begun.fetch_add(1, Ordering::SeqCst) == 0 {
            self.let_go.notified().await;
        }
    }
}

#[tokio::test]
async fn a_request_that_expires_behind_those_taken_with_it_does_not_run() {
    let (redis, broker) = redis().await;
    let client = CountingClient::new(&broker, "calc");
    let mut first = client.count().into_future();
    assert!(first.try_get().is_none());
    let soon = || client.count().timeout(Duration::from_secs(1));
    let behind: Vec<_> = (0..4).map(|_| tokio::spawn(soon().into_future())).collect();
    assert!(until(|| redis.ask::<i64>("LLEN calc") == 5).await);
    let (begun, let_go) = (Arc::<AtomicUsize>::default(), Arc::<Notify>::default());
    let counting = Counting {
        begun: Arc::clone(&begun),
        let_go: Arc::clone(&let_go),
    };
    let server = serve(Server::new(&broker, "calc", counting));
    for call in behind {
        assert!(call.await.unwrap().unwrap_err().is_timeout());
    }
    let_go.notify_one();
    first.await.unwrap();
    // Behind all of them.
    client.count().await.unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 2);
    server.stop().await;
}
