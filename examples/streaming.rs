//! Methods that return streams: as long as they like, and no faster than they are read.
//!
//! Run it with `cargo run --example streaming`; it needs no Redis, and goes through the
//! one that `REDIS_URL` names. It prints the ticks that are read of an endless stream,
//! how far the clock ran ahead, and a stream that ends with an error.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::stream;
use redisrpc::{Broker, Server, Stream};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("the clock stopped at {at}")]
struct Stopped {
    at: u64,
}

#[derive(Clone, Default)]
struct Clock {
    ticked: Arc<AtomicU64>,
}

#[redisrpc::service]
impl Clock {
    /// Ticks for as long as somebody listens.
    pub fn ticks(&self) -> impl Stream<Item = u64> {
        stream::repeat_with(|| self.ticked.fetch_add(1, Ordering::Relaxed))
    }

    /// Counts down, and may stop on its way: what comes instead of an item ends the stream.
    pub fn countdown(&self, from: u64) -> impl Stream<Item = Result<u64, Stopped>> + use<> {
        stream::unfold(from, |at| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            match at {
                0 => None,
                13 => Some((Err(Stopped { at }), 0)),
                _ => Some((Ok(at), at - 1)),
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://streaming".to_owned());
    let redis = Broker::connect(url).await?;
    let here = Clock::default();
    tokio::spawn(Server::new(&redis, "clock", here.clone()).run());
    let clock = ClockClient::new(&redis, "clock");

    // The clock ticks on while these are read, but never far ahead of the reader.
    let mut ticks = clock.ticks().window(100);
    for _ in 0..1_000 {
        let tick = ticks.next().await.expect("it does not end");
        tick?;
    }
    let ahead = here.ticked.load(Ordering::Relaxed) - 1_000;
    println!("1000 ticks read, at most 100 more made: {}", ahead <= 100);
    drop(ticks); // and the clock hears of it

    println!("{:?}", clock.countdown(3).all().await);

    let mut countdown = clock.countdown(15);
    while let Some(at) = countdown.next().await {
        match at {
            Ok(at) => println!("{at}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
