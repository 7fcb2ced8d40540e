//! Calls the calculator that `calculator_server` serves, or one of the old
//! RedisRPC in Python, Ruby or PHP: the caller cannot tell.
//!
//! Run it with `cargo run --example calculator_client`. It calls on the queue
//! named by `QUEUE` (default `calc`) of the Redis at `REDIS_URL` (default the
//! local one), prints each step, and fails unless the steps arrive at 4 and a
//! method that does not exist is answered with an exception.

use std::{error::Error, process::ExitCode};

use redisrpc::{Broker, Client};

/// The calculator's methods, as this caller knows them.
#[redisrpc::service]
trait Calculator {
    async fn clr(&self);
    async fn add(&self, number: f64) -> f64;
    async fn sub(&self, number: f64) -> f64;
    async fn mul(&self, number: f64) -> f64;
    async fn div(&self, number: f64) -> f64;
    async fn val(&self) -> f64;
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    let queue = std::env::var("QUEUE").unwrap_or_else(|_| "calc".to_owned());
    let broker = Broker::connect(&url).await?;

    let calculator = CalculatorClient::new(&broker, &queue);
    calculator.clr().await?;
    println!("add 5 -> {}", calculator.add(5.0).await?);
    println!("sub 3 -> {}", calculator.sub(3.0).await?);
    println!("mul 4 -> {}", calculator.mul(4.0).await?);
    println!("div 2 -> {}", calculator.div(2.0).await?);
    let value = calculator.val().await?;
    println!("val   -> {value}");

    let missing = Client::new(&broker, &queue).call("missing").await;
    let refused = missing.as_ref().is_err_and(|error| error.fault().is_some());
    match missing {
        Err(error) => println!("missing: {error}"),
        Ok(value) => println!("missing -> {value}"),
    }

    if value == 4.0 && refused {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("expected 4 and an exception");
    Ok(ExitCode::FAILURE)
}
