//! How often a call allocates, counted on the thread of either end, while the
//! other has a thread of its own.
//!
//! What is left, of a call of `add(f64) -> f64` among sixty-four in flight:
//!
//! | end | what | why |
//! |---|---|---|
//! | client | the request | kept until its end, to be withdrawn by its bytes |
//! | server | the reply | written before it is known which write it leaves with |
//!
//! and what each write and each pop allocates, its buffers, however many calls
//! share it.

use std::{future::IntoFuture as _, sync::mpsc, thread};

use allocation_counter::measure;
use redisrpc::{Broker, Server, ServerHandle};
use redisrpc_test_support::RedisServer;
use tokio::runtime::{Builder, Runtime};

const IN_FLIGHT: usize = 256;
const WAVES: usize = 25;
const CALLS: u64 = (IN_FLIGHT * WAVES) as u64;

/// Most allocations of a write or a pop, with its share of what goes on beside.
const A_WRITE: u64 = 8;

struct Adder;

#[redisrpc::service]
impl Adder {
    pub fn add(&self, number: f64) -> f64 {
        number + 1.0
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn call(client: &AdderClient, waves: usize) {
    for _ in 0..waves {
        let calls = [1.0; IN_FLIGHT].map(|number| client.add(number).into_future());
        for call in calls.map(tokio::spawn) {
            assert_eq!(call.await.unwrap(), Ok(2.0));
        }
    }
}

/// Serves until told to stop; sends its handle, and in the end what it allocated.
fn serve(redis: &RedisServer) -> (ServerHandle, thread::JoinHandle<u64>) {
    let (send, receive) = mpsc::channel();
    let url = redis.url();
    let serving = thread::spawn(move || {
        let runtime = runtime();
        let broker = runtime.block_on(Broker::connect(url)).unwrap();
        let server = Server::new(&broker, "adder", Adder);
        send.send(server.handle()).unwrap();
        measure(|| runtime.block_on(server.run()).unwrap()).count_total
    });
    (receive.recv().unwrap(), serving)
}

/// What spawning and awaiting that many tasks allocates by itself.
fn of_tasks(runtime: &Runtime) -> u64 {
    let tasks = async {
        for _ in 0..WAVES {
            for task in [(); IN_FLIGHT].map(|()| tokio::spawn(async {})) {
                task.await.unwrap();
            }
        }
    };
    measure(|| runtime.block_on(tasks)).count_total
}

fn main() {
    let redis = RedisServer::start();
    let (server, serving) = serve(&redis);
    let runtime = runtime();
    let broker = runtime.block_on(Broker::connect(redis.url())).unwrap();
    let client = AdderClient::new(&broker, "adder");
    runtime.block_on(call(&client, 1));
    let before = writes(&redis);
    let called = measure(|| runtime.block_on(call(&client, WAVES))).count_total;
    let called = called - of_tasks(&runtime);
    server.shutdown();
    let served = serving.join().unwrap();
    let writes = writes(&redis) - before;
    for (end, allocations) in [("client", called), ("server", served)] {
        println!("{end}: {allocations} allocations of {CALLS} calls in {writes} pushes and pops");
        assert!(
            allocations <= CALLS + writes * A_WRITE,
            "a call allocates more than once on its {end}: \
             {allocations} times {CALLS} calls in {writes} pushes and pops"
        );
    }
}

/// How many pushes and pops there were, of either end.
fn writes(redis: &RedisServer) -> u64 {
    let stats: String = redis.ask("INFO commandstats");
    let calls = |command| {
        let line = stats.lines().find_map(|line| {
            let line = line.strip_prefix("cmdstat_")?.strip_prefix(command)?;
            line.strip_prefix(":calls=")
        });
        let calls = line.and_then(|line| line.split(',').next());
        calls.map_or(0, |calls| calls.parse::<u64>().unwrap())
    };
    calls("rpush") + calls("blmpop") + calls("blmove")
}
