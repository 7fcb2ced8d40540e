//! Who serves what, what it can do, and whether it fits the stubs of this program.
//!
//! Run it with `cargo run --example discovery`; it needs no Redis. It starts two
//! servers of one service, finds them, has one take a rest, and checks the service
//! against the stubs of a caller that was written for an older one.

use redisrpc::{Broker, Client, Error, Server, discovery::Discovery};

struct Clock;

/// Tells the time.
#[redisrpc::service]
impl Clock {
    /// The hour in this zone.
    pub fn hour(&self, zone: String) -> Result<u32, Error> {
        Ok(if zone == "UTC" { 12 } else { 13 })
    }
}

/// What callers knew, before the zone was added.
mod before {
    #[redisrpc::service]
    pub trait Clock {
        async fn hour(&self) -> u32;
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://discovery".to_owned());
    let broker = Broker::connect(&url).await?;
    for concurrency in [4, 8] {
        let server = Server::new(&broker, "clock", Clock).concurrency(concurrency);
        tokio::spawn(server.run());
    }

    // Three methods that every server has, also for callers without this crate.
    let clock = Client::new(&broker, "clock");
    let pong = clock.ping().await?;
    println!("{} answers on queue `{}`", pong.service, pong.queue);
    let contract = clock.describe().await?;
    println!("{}", contract.doc);
    for method in &contract.methods {
        println!("  {method}  // {}", method.doc);
    }

    // What servers say about themselves, several times a minute.
    let discovery = Discovery::new(&broker);
    let (queues, servers) = loop {
        let servers = discovery.servers("clock").await?;
        if servers.len() == 2 {
            break (discovery.queues().await?, servers);
        }
        tokio::task::yield_now().await;
    };
    println!("queues: {}", queues.join(", "));
    let concurrency: usize = servers.iter().map(|server| server.concurrency).sum();
    println!("{} servers, {concurrency} requests at once", servers.len());

    // Whether the stubs of this program can call what is there.
    let fits = clock.check(ClockClient::DESCRIPTOR).await;
    println!("the stubs of today: {fits:?}");
    match clock.check(before::ClockClient::DESCRIPTOR).await {
        Err(error) => println!("the stubs of before: {error}"),
        Ok(()) => println!("the stubs of before fit"),
    }

    // Asked for what nobody serves, a call need not wait until its time is up.
    let sundial = Client::new(&broker, "sundial").fail_unserved(true);
    let error = sundial.call("hour").await.unwrap_err();
    println!("{error}");
    Ok(())
}
