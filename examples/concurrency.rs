//! Many calls at a time, over three connections.
//!
//! Run it with `cargo run --release --example concurrency`; it needs no Redis. It
//! makes calls together in three ways, prints what came of them, and says on standard
//! error how fast the second was.

use std::time::Instant;

use redisrpc::{Broker, Error, Server};
use tokio::task::JoinSet;

struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn square(&self, number: u64) -> u64 {
        number * number
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://concurrency".to_owned());
    let broker = Broker::connect(&url).await?;
    tokio::spawn(Server::new(&broker, "calc", Calculator).run());
    let calculator = CalculatorClient::new(&broker, "calc");

    // A few: they leave in one write.
    let (three, four) = tokio::join!(calculator.square(3), calculator.square(4));
    println!("3² + 4² = {}", three? + four?);

    // Many, each answered when it is: a call borrows nothing, so it can be spawned.
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for number in 0..10_000 {
        calls.spawn(calculator.square(number).into_future());
    }
    let mut sum = 0;
    while let Some(square) = calls.join_next().await {
        sum += square.expect("a call does not panic")?;
    }
    println!("the sum of ten thousand squares is {sum}");
    let took = began.elapsed().as_secs_f64();
    eprintln!("{:.0} calls a second", 10_000.0 / took);

    // Without end: a further call is made when one has ended.
    let mut calls = JoinSet::new();
    let (mut made, mut answered) = (0, 0);
    while answered < 1_000 {
        while made < 1_000 && calls.len() < 100 {
            calls.spawn(calculator.square(made).into_future());
            made += 1;
        }
        if let Some(square) = calls.join_next().await {
            square.expect("a call does not panic")?;
            answered += 1;
        }
    }
    println!("{answered} more, a hundred at a time");
    Ok(())
}
