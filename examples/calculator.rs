//! One function runs on a local object and on a remote one, then a call goes wrong.
//!
//! Run it with `cargo run --example calculator`: it needs no Redis. To go through
//! one, name it: `REDIS_URL=redis://127.0.0.1/ cargo run --example calculator`.
//! It prints each step and ends with what an unknown method is answered.

use redisrpc::{Broker, Client, Error, Server};
use serde::{Deserialize, Serialize};

/// The calculator of RedisRPC's first README: an accumulator that starts at zero.
#[redisrpc::service(client = impl)]
trait Calculator {
    /// Sets the accumulator to zero.
    async fn clr(&mut self) -> Result<(), CalculatorError>;
    /// Adds `number` to the accumulator and returns it.
    async fn add(&mut self, number: f64) -> Result<f64, CalculatorError>;
    /// Subtracts `number` from the accumulator and returns it.
    async fn sub(&mut self, number: f64) -> Result<f64, CalculatorError>;
    /// Multiplies the accumulator by `number` and returns it.
    async fn mul(&mut self, number: f64) -> Result<f64, CalculatorError>;
    /// Divides the accumulator by `number` and returns it.
    async fn div(&mut self, number: f64) -> Result<f64, CalculatorError>;
    /// Returns the accumulator.
    async fn val(&self) -> Result<f64, CalculatorError>;
}

/// What can go wrong: something of the calculator's own, or the call itself.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
enum CalculatorError {
    #[error("division by zero")]
    DivisionByZero,
    #[error(transparent)]
    Rpc(#[from] Error),
}

#[derive(Default)]
struct Accumulator(f64);

impl Calculator for Accumulator {
    async fn clr(&mut self) -> Result<(), CalculatorError> {
        self.0 = 0.0;
        Ok(())
    }

    async fn add(&mut self, number: f64) -> Result<f64, CalculatorError> {
        self.0 += number;
        Ok(self.0)
    }

    async fn sub(&mut self, number: f64) -> Result<f64, CalculatorError> {
        self.0 -= number;
        Ok(self.0)
    }

    async fn mul(&mut self, number: f64) -> Result<f64, CalculatorError> {
        self.0 *= number;
        Ok(self.0)
    }

    async fn div(&mut self, number: f64) -> Result<f64, CalculatorError> {
        if number == 0.0 {
            return Err(CalculatorError::DivisionByZero);
        }
        self.0 /= number;
        Ok(self.0)
    }

    async fn val(&self) -> Result<f64, CalculatorError> {
        Ok(self.0)
    }
}

/// Arrives at 4, wherever the calculator is.
async fn calculate(calculator: &mut impl Calculator) -> Result<f64, CalculatorError> {
    calculator.clr().await?;
    println!("  add 5 -> {}", calculator.add(5.0).await?);
    println!("  sub 3 -> {}", calculator.sub(3.0).await?);
    println!("  mul 4 -> {}", calculator.mul(4.0).await?);
    println!("  div 2 -> {}", calculator.div(2.0).await?);
    calculator.val().await
}

#[tokio::main]
async fn main() -> Result<(), CalculatorError> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://calculator".to_owned());
    let broker = Broker::connect(&url).await?;

    let service = CalculatorService::new(Accumulator::default());
    let server = Server::new(&broker, "calculator", service);
    let handle = server.handle();
    let serving = tokio::spawn(server.run());

    println!("a local calculator:");
    let local = calculate(&mut Accumulator::default()).await?;
    println!("a remote calculator:");
    let remote = calculate(&mut CalculatorClient::new(&broker, "calculator")).await?;
    println!("local {local}, remote {remote}");
    assert_eq!(local, remote);

    let calculator = CalculatorClient::new(&broker, "calculator");
    match calculator.div(0.0).await {
        Err(error) => println!("div 0 is the calculator's own error: {error:?}"),
        Ok(value) => println!("div 0 -> {value}"),
    }
    let anything = Client::new(&broker, "calculator");
    match anything.call("sqrt").arg(2).await {
        Err(error) => println!("sqrt is an exception: {error}"),
        Ok(value) => println!("sqrt -> {value}"),
    }

    handle.shutdown();
    serving.await.expect("the server does not panic")?;
    Ok(())
}
