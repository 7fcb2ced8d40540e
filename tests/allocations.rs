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
//! and a share of what each write and each pop allocates: its buffers.

use std::{future::IntoFuture as _, sync::mpsc, thread};

use allocation_counter::measure;
use redisrpc::{Broker, Server, ServerHandle};
use redisrpc_test_support::RedisServer;
use tokio::runtime::{Builder, Runtime};

const IN_FLIGHT: usize = 64;
const WAVES: usize = 100;
const CALLS: u64 = (IN_FLIGHT * WAVES) as u64;

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
    let called = measure(|| runtime.block_on(call(&client, WAVES))).count_total;
    let called = called - of_tasks(&runtime);
    server.shutdown();
    let served = serving.join().unwrap();
    for (end, allocations) in [("client", called), ("server", served)] {
        let one = allocations as f64 / CALLS as f64;
        println!("{end}: {one:.2} allocations a call");
        assert!(one < 2.0, "a call allocates {one:.2} times on its {end}");
    }
}
