//! Serving and calling from a program without `async`.
//!
//! Run it with `cargo run --example blocking`; it needs no Redis. Threads share one
//! client, as tasks would; it prints what they counted to. In a program of yours it
//! needs the feature `blocking`.

use std::{thread, time::Duration};

use redisrpc::{Broker, Error, Server};

#[derive(Default)]
struct Counter(u64);

#[redisrpc::service]
impl Counter {
    /// Counts up.
    pub fn add(&mut self, number: u64) -> u64 {
        self.0 += number;
        self.0
    }
}

fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://blocking".to_owned());
    // The broker brings a runtime, which drives its connections on one thread.
    let broker = Broker::connect_blocking(&url)?;

    let server = Server::new(&broker, "counter", Counter::default());
    let handle = server.handle();
    let serving = thread::spawn(|| server.run_blocking());

    let counter = CounterBlockingClient::new(&broker, "counter");
    thread::scope(|threads| {
        for _ in 0..10 {
            threads.spawn(|| counter.add(1).expect("the counter is served"));
        }
    });
    println!("ten threads counted to {}", counter.add(0)?);

    // A call with options is the other client's, waited for.
    let call = counter.client().add(32).timeout(Duration::from_secs(1));
    println!("and then to {}", call.wait()?);

    handle.shutdown();
    serving.join().expect("the server does not panic")
}
