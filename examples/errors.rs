//! Each way in which a call can fail, and how a caller tells them apart.
//!
//! Run it with `cargo run --example errors`; it needs no Redis. It prints one line
//! for each failure: what it is, whether the method may have run, and its text.

use std::time::Duration;

use redisrpc::{Broker, CallError, Client, Error, FaultCode, Server};
use serde::{Deserialize, Serialize};

/// Travels as itself: a native caller matches on it, an old one sees its text.
#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum TillError {
    #[error("{missing} cents short")]
    TooLittle { missing: u32 },
}

struct Till;

#[redisrpc::service]
impl Till {
    /// Takes `cents` for something that costs 100, and returns the change.
    pub fn pay(&self, cents: u32) -> Result<u32, TillError> {
        assert!(cents < 1_000, "the till has no change for that");
        let missing = 100_u32.saturating_sub(cents);
        match missing {
            0 => Ok(cents - 100),
            missing => Err(TillError::TooLittle { missing }),
        }
    }
}

/// One line for each kind of failure. A program that only passes errors on needs
/// none of this: `?` and `Display` do.
fn explain(result: Result<u32, CallError<TillError>>) {
    let error = match result {
        Ok(change) => return println!("change: {change}"),
        Err(error) => error,
    };
    let kind = match &error {
        CallError::Service(TillError::TooLittle { .. }) => "its own error",
        CallError::Rpc(Error::Fault(fault)) if fault.code() == FaultCode::Panic => "a panic",
        CallError::Rpc(Error::Fault(_)) => "an exception",
        CallError::Rpc(Error::Timeout(_)) => "a timeout",
        _ => "something else",
    };
    println!("{kind} (may have run: {}): {error}", error.may_have_run());
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://errors".to_owned());
    let broker = Broker::connect(&url).await?;
    // The panic below would print a backtrace; its text is in the caller's error.
    std::panic::set_hook(Box::new(|_| ()));
    tokio::spawn(Server::new(&broker, "till", Till).run());

    let till = TillClient::new(&broker, "till");
    explain(till.pay(120).await);
    explain(till.pay(70).await);
    explain(till.pay(5_000).await);

    // Arguments that the stub would not let through, sent by hand.
    let wrong = Client::new(&broker, "till").call("pay").named("cent", 70);
    explain(wrong.returning().await.map_err(CallError::Rpc));

    // Nobody serves this queue.
    let nobody = TillClient::new(&broker, "closed-till").pay(120);
    explain(nobody.timeout(Duration::from_millis(50)).await);
    Ok(())
}
