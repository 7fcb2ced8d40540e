//! A server that is stopped answers what it has taken; the next one does the rest.
//!
//! Run it with `cargo run --example shutdown`; it needs no Redis. It makes six calls,
//! stops their server while it runs two of them, starts another one, and prints who
//! answered. A program is stopped by SIGTERM and Ctrl-C if it serves by
//! `server.run_until(redisrpc::terminated())`, as `calculator_server` does.

use std::{sync::Arc, time::Duration};

use redisrpc::{Broker, Error, Server};
use tokio::sync::Barrier;

struct Clerk {
    name: &'static str,
    /// Passed when two customers are being served and the main function knows it.
    busy: Arc<Barrier>,
}

#[redisrpc::service]
impl Clerk {
    pub async fn serve(&self) -> String {
        if self.name == "Ann" {
            self.busy.wait().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.name.to_owned()
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://shutdown".to_owned());
    let broker = Broker::connect(&url).await?;
    let busy = Arc::new(Barrier::new(3));
    let clerk = |name| Clerk {
        name,
        busy: Arc::clone(&busy),
    };

    let ann = Server::new(&broker, "counter", clerk("Ann"))
        .concurrency(2)
        .drain_timeout(Duration::from_secs(10));
    let handle = ann.handle();
    let ann = tokio::spawn(ann.run());

    // A call can be spawned as it is: it borrows nothing.
    let counter = ClerkClient::new(&broker, "counter");
    let customers: Vec<_> = (0..6)
        .map(|_| tokio::spawn(counter.serve().into_future()))
        .collect();

    busy.wait().await;
    println!("Ann is told to stop: she serves two, and four are waiting");
    handle.shutdown();
    ann.await.expect("the server does not panic")?;
    println!("Ann has answered what she had taken, and is gone");

    let bob = Server::new(&broker, "counter", clerk("Bob"));
    let handle = bob.handle();
    let bob = tokio::spawn(bob.run());
    let mut served = Vec::new();
    for customer in customers {
        served.push(customer.await.expect("a call does not panic")?);
    }
    served.sort_unstable();
    println!("served by: {}", served.join(", "));

    handle.shutdown();
    bob.await.expect("the server does not panic")
}
