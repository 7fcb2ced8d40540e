//! `redisrpc bench`

use redisrpc::Server;

use crate::{
    fixture::{Concurrent, redis, serve},
    tool::{failure, json, out},
};

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_counted_and_timed() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let bench = [
        "bench",
        "calc",
        "add",
        "1",
        "b=2",
        "--calls",
        "300",
        "--in-flight",
        "8",
    ];
    let found = json(&redis, &bench);
    assert_eq!(
        (&found["calls"], &found["errors"]),
        (&300.into(), &0.into())
    );
    let micros = ["p50_us", "p90_us", "p99_us", "max_us"].map(|it| found[it].as_u64().unwrap());
    assert!(micros[0] > 0 && micros.is_sorted(), "{found}");
    let shown = out(
        &redis,
        &["bench", "calc", "add", "1", "2", "--seconds", "0.2"],
    );
    let words: Vec<_> = shown
        .lines()
        .filter_map(|it| it.split(' ').next())
        .collect();
    assert_eq!(words, ["calls", "rate", "latency"], "{shown}");
    assert!(shown.contains(" 64 in flight"), "{shown}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_at_once_is_not_called_again() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "calc", Concurrent));
    let (code, why) = failure(&redis, &["bench", "calc", "nothing"]);
    assert_eq!(code, 1);
    assert!(why.contains("no method `nothing`"), "{why}");
    server.stop().await;
    let (code, _) = failure(
        &redis,
        &["bench", "calc", "add", "1", "2", "--timeout", "300ms"],
    );
    assert_eq!(code, 3, "nobody serves");
}

/// Fails every call but the first.
#[derive(Debug, Default)]
struct Tired(u32);

#[redisrpc::service]
impl Tired {
    pub fn work(&mut self) -> Result<u32, String> {
        self.0 += 1;
        match self.0 {
            1 => Ok(1),
            _ => Err("tired".to_owned()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_fail_are_counted_and_end_with_1() {
    let (redis, broker) = redis().await;
    let server = serve(Server::new(&broker, "tired", Tired::default()));
    let (code, why) = failure(&redis, &["bench", "tired", "work", "--calls", "10"]);
    assert_eq!(code, 1);
    assert_eq!(
        why,
        "error: 10 of 10 calls failed, mostly so: tired (service_error, data \"tired\")"
    );
    server.stop().await;
}
