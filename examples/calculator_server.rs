//! A calculator served to anyone: to `calculator_client`, and to every client of
//! the old RedisRPC in Python, Ruby or PHP.
//!
//! Run it with `cargo run --example calculator_server`. It serves the queue named
//! by `QUEUE` (default `calc`) of the Redis at `REDIS_URL` (default the local one)
//! and prints one line when it is ready. Ctrl-C or SIGTERM stops it.
//!
//! What its callers rely on is in `calc.contract.json`, from which `contract` makes
//! its client: whoever breaks it is told by the compiler.

use redisrpc::{Broker, Server};
use serde::{Deserialize, Serialize};

/// An accumulator that starts at zero.
#[derive(Default)]
struct Calculator {
    acc: f64,
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("division by zero")]
struct DivisionByZero;

#[redisrpc::service(contract = "examples/calc.contract.json")]
impl Calculator {
    /// Sets the accumulator to zero.
    pub fn clr(&mut self) {
        self.acc = 0.0;
    }

    /// Adds `number` to the accumulator and returns it.
    pub fn add(&mut self, number: f64) -> f64 {
        self.acc += number;
        self.acc
    }

    /// Subtracts `number` from the accumulator and returns it.
    pub fn sub(&mut self, number: f64) -> f64 {
        self.acc -= number;
        self.acc
    }

    /// Multiplies the accumulator by `number` and returns it.
    pub fn mul(&mut self, number: f64) -> f64 {
        self.acc *= number;
        self.acc
    }

    /// Divides the accumulator by `number` and returns it.
    pub fn div(&mut self, number: f64) -> Result<f64, DivisionByZero> {
        if number == 0.0 {
            return Err(DivisionByZero);
        }
        self.acc /= number;
        Ok(self.acc)
    }

    /// Returns the accumulator.
    pub fn val(&self) -> f64 {
        self.acc
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    let queue = std::env::var("QUEUE").unwrap_or_else(|_| "calc".to_owned());
    let broker = Broker::connect(&url).await?;
    println!("serving `{queue}`");
    Server::new(&broker, queue, Calculator::default())
        .run_until(redisrpc::terminated())
        .await
}
