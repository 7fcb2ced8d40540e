//! Calls with long arguments and long replies; `run` beside this builds it with MessagePack
//! and without.
//!
//!     codecs server URL QUEUE
//!     codecs client URL QUEUE KIND COUNT DIRECTION SECONDS
//!
//! The client prints how many calls a second it made, and checks every reply.

use std::{
    env,
    time::{Duration, Instant},
};

use redisrpc::{Blob, Broker, Call, Server};
use serde::{Deserialize, Serialize};

/// How many calls are in flight.
const IN_FLIGHT: usize = 4;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    id: u64,
    name: String,
    price: f64,
    sold: bool,
}

macro_rules! kinds {
    ($($kind:ident: $type:ty = $make:expr, $send:ident, $receive:ident;)*) => {
        #[redisrpc::service]
        trait Codecs {
            $(
                /// Takes so many, and returns how many.
                async fn $send(&self, values: $type) -> usize;
                /// Returns so many.
                async fn $receive(&self, count: usize) -> $type;
            )*
        }

        struct Plain;

        impl Codecs for Plain {
            $(
                async fn $send(&self, values: $type) -> usize {
                    values.len()
                }

                async fn $receive(&self, count: usize) -> $type {
                    $make(count)
                }
            )*
        }

        async fn measured(client: &CodecsClient, kind: &str, direction: &str, count: usize, time: Duration) -> f64 {
            match (kind, direction) {
                $(
                    (stringify!($kind), "send") => {
                        let values = $make(count);
                        calls(time, || client.$send(values.clone()), |replied| replied == count).await
                    }
                    (stringify!($kind), "receive") => {
                        let values = $make(count);
                        calls(time, || client.$receive(count), |replied| replied == values).await
                    }
                )*
                _ => panic!("no such kind or direction: {kind} {direction}"),
            }
        }
    };
}

kinds! {
    floats: Vec<f64> = floats, send_floats, receive_floats;
    records: Vec<Record> = records, send_records, receive_records;
    text: String = text, send_text, receive_text;
    bytes: Vec<u8> = bytes, send_bytes, receive_bytes;
    blob: Blob = blob, send_blob, receive_blob;
}

/// Numbers without a pattern, always the same.
fn random(count: usize) -> impl Iterator<Item = u64> {
    let next = |state: &u64| {
        Some(
            state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1),
        )
    };
    std::iter::successors(Some(1_u64), next).skip(1).take(count)
}

fn floats(count: usize) -> Vec<f64> {
    random(count)
        .map(|it| it as f64 / u64::MAX as f64)
        .collect()
}

fn records(count: usize) -> Vec<Record> {
    let record = |id| Record {
        id,
        name: format!("item {}", id % 100_000),
        price: (id % 100_000) as f64 / 100.0,
        sold: id % 3 == 0,
    };
    random(count).map(record).collect()
}

fn text(count: usize) -> String {
    random(count)
        .map(|it| char::from(b'a' + (it >> 33) as u8 % 26))
        .collect()
}

fn bytes(count: usize) -> Vec<u8> {
    random(count).map(|it| (it >> 33) as u8).collect()
}

fn blob(count: usize) -> Blob {
    bytes(count).into()
}

/// How many calls a second are made, some at a time.
async fn calls<T>(time: Duration, call: impl Fn() -> Call<T>, right: impl Fn(T) -> bool) -> f64
where
    T: serde::de::DeserializeOwned,
{
    let begin = Instant::now();
    let one = || async {
        let mut made = 0;
        while begin.elapsed() < time {
            assert!(right(call().await.expect("a reply")), "the reply is wrong");
            made += 1;
        }
        made
    };
    let made: [u32; IN_FLIGHT] = tokio::join!(one(), one(), one(), one()).into();
    f64::from(made.iter().sum::<u32>()) / begin.elapsed().as_secs_f64()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), redisrpc::Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["server", url, queue] => {
            let broker = Broker::connect(url).await?;
            Server::new(&broker, queue, CodecsService::new(Plain))
                .run()
                .await
        }
        ["client", url, queue, kind, count, direction, seconds] => {
            let client = CodecsClient::new(&Broker::connect(url).await?, queue);
            let time = Duration::from_secs_f64(seconds.parse().expect("seconds"));
            let count = count.parse().expect("a count");
            // Until it is known what the server reads, and caches are warm.
            measured(&client, kind, direction, count, time / 5).await;
            println!("{}", measured(&client, kind, direction, count, time).await);
            Ok(())
        }
        _ => {
            panic!("codecs server URL QUEUE | codecs client URL QUEUE KIND COUNT DIRECTION SECONDS")
        }
    }
}
