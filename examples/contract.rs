//! Calls a service of which only the contract is here: `calc.contract.json`. The
//! service may be in any language; the calls are typed all the same.
//!
//! Run it with `cargo run --example contract` while `calculator_server` is running,
//! or an old RedisRPC calculator in Python, Ruby or PHP. It calls on the queue named
//! by `QUEUE` (default `calc`) of the Redis at `REDIS_URL` (default the local one),
//! prints each step, and last what the service says of a division by zero.

use redisrpc::{Broker, CallError};
use serde::{Deserialize, Serialize};

/// The contract names this type; it says what is known of it here.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("division by zero")]
struct DivisionByZero;

redisrpc::contract!("examples/calc.contract.json", queue = "calc");

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    let broker = Broker::connect(&url).await?;
    let calculator = match std::env::var("QUEUE") {
        Ok(queue) => CalculatorClient::new(&broker, queue),
        Err(_) => CalculatorClient::on_default_queue(&broker),
    };

    calculator.clr().await?;
    println!("add 5 -> {}", calculator.add(5.0).await?);
    println!("sub 3 -> {}", calculator.sub(3.0).await?);
    println!("mul 4 -> {}", calculator.mul(4.0).await?);
    match calculator.div(0.0).await {
        Ok(quotient) => println!("div 0 -> {quotient}"),
        Err(CallError::Service(DivisionByZero)) => println!("div 0: the calculator's own error"),
        Err(error) => println!("div 0: {error}"),
    }
    println!("val   -> {}", calculator.val().await?);
    Ok(())
}
