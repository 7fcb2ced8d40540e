//! How long a call may take, and when it is made again.
//!
//! Run it with `cargo run --example deadlines_and_retries`; it needs no Redis. It
//! prints how each call ends.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use redisrpc::{Broker, Client, Retry, Server};

#[derive(Default)]
struct Library {
    visits: AtomicU32,
}

#[redisrpc::service]
impl Library {
    /// Callers wait for two seconds, unless they say otherwise. Slow at first: the
    /// lights have to be switched on. To ask twice does no harm.
    #[rpc(timeout = "2s", idempotent)]
    pub async fn find(&self, title: String) -> String {
        if self.visits.fetch_add(1, Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        format!("{title} is on shelf 7")
    }

    /// To lend a book twice does harm: a call that may have run is not made again.
    pub async fn lend(&self, title: String) -> String {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        title
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://library".to_owned());
    let broker = Broker::connect(&url).await?;

    // Nobody is there yet. The request is taken back out of the queue, so that a
    // server which starts later does not run what nobody waits for any more.
    let early = LibraryClient::new(&broker, "library");
    let early = early.lend("Emma".into()).timeout(Duration::from_millis(50));
    let error = early.await.unwrap_err();
    println!("before: {error}");
    println!("  may have run: {}", error.may_have_run());

    tokio::spawn(Server::new(&broker, "library", Library::default()).run());

    // At most three attempts, of which each gets a part of the call's one deadline.
    let retry = Retry::new(3)
        .backoff(Duration::from_millis(20), Duration::from_secs(1))
        .attempt_timeout(Duration::from_millis(300));
    let client = Client::new(&broker, "library").retry(retry);
    let library = LibraryClient::from(client);

    // The first attempt meets a server that is busy with the lights.
    println!("find: {}", library.find("Persuasion".into()).await?);

    let error = library.lend("Persuasion".into()).await.unwrap_err();
    println!("lend: {error}");
    println!("  may have run: {}", error.may_have_run());
    Ok(())
}
