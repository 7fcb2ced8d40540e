//! Whether a failed call may have run: a `false` must be certain.

use redisrpc::{Broker, Error, Fault, FaultCode, Server};

/// A service whose own errors are those of the calls it makes itself.
#[redisrpc::service(client = impl)]
pub trait Relay {
    async fn relay(&self, code: String) -> Result<i64, Error>;
}

struct Relaying;

impl Relay for Relaying {
    async fn relay(&self, code: String) -> Result<i64, Error> {
        let code = match &*code {
            "method_not_found" => FaultCode::MethodNotFound,
            "invalid_arguments" => FaultCode::InvalidArguments,
            "shutting_down" => FaultCode::ShuttingDown,
            other => panic!("{other}"),
        };
        Err(Error::Fault(Fault::new(code, "said of another call")))
    }
}

async fn through(relay: &impl Relay, code: &str) -> Error {
    relay.relay(code.to_owned()).await.unwrap_err()
}

#[tokio::test]
async fn a_call_that_relays_the_fault_of_another_has_run() {
    let broker = Broker::connect("memory://relayed-faults").await.unwrap();
    let server = Server::new(&broker, "relay", RelayService::new(Relaying));
    tokio::spawn(server.run());
    let client = RelayClient::new(&broker, "relay");
    for code in ["method_not_found", "invalid_arguments", "shutting_down"] {
        assert!(!through(&Relaying, code).await.may_have_run());
        let error = through(&client, code).await;
        assert_eq!(error.fault().unwrap().code().as_str(), code);
        assert!(error.may_have_run(), "{error:?}");
    }
}
