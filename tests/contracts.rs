//! Contracts: a service that keeps one, and clients made of nothing else.

use std::collections::HashMap;

use redisrpc::{
    Broker, Server,
    contract::{Contract, compare},
};
use serde::{Deserialize, Serialize};

/// Has of everything that a contract can tell.
#[redisrpc::service(contract = "tests/contracts/everything.json", rename_all = "camelCase")]
pub trait Everything {
    /// Halves a number.
    ///
    /// Only even ones, "so to speak".
    #[rpc(alias = "divideByTwo", timeout = "5s", idempotent)]
    async fn half(&self, number: u64) -> Result<u64, String>;
    async fn joined_up(
        &self,
        words: &[&str],
        #[rpc(default, alias = "between")] joined_by: String,
        #[rpc(rest)] more: Vec<HashMap<String, Option<(u8, char)>>>,
    ) -> String;
    #[rpc(oneway)]
    async fn forget(&self);
}

struct All;

impl Everything for All {
    async fn half(&self, number: u64) -> Result<u64, String> {
        match number % 2 {
            0 => Ok(number / 2),
            _ => Err(format!("{number} is odd")),
        }
    }

    async fn joined_up(
        &self,
        words: &[&str],
        joined_by: String,
        more: Vec<HashMap<String, Option<(u8, char)>>>,
    ) -> String {
        format!("{}, {more:?}", words.join(&joined_by))
    }

    async fn forget(&self) {}
}

redisrpc::contract!(
    "tests/contracts/everything.json",
    client = StubClient,
    queue = "everything"
);

#[test]
fn the_file_is_what_the_descriptor_says() {
    let kept = include_str!("contracts/everything.json");
    let contract = Contract::from(EverythingClient::DESCRIPTOR);
    assert_eq!(contract.to_json(), kept);
    assert_eq!(Contract::from_json(kept), Ok(contract));
}

#[test]
fn a_client_made_of_a_contract_has_that_contract() {
    let (one, other) = (StubClient::DESCRIPTOR, EverythingClient::DESCRIPTOR);
    assert_eq!(Contract::from(one), Contract::from(other));
    assert_eq!(one.fingerprint(), other.fingerprint());
}

#[tokio::test]
async fn a_client_made_of_a_contract_calls_the_service() {
    let broker = Broker::connect("memory://contracts").await.unwrap();
    let server = Server::new(&broker, StubClient::QUEUE, EverythingService::new(All));
    tokio::spawn(server.run());
    let stub = StubClient::on_default_queue(&broker);
    assert_eq!(stub.half(4).await.unwrap(), 2);
    let odd = stub.half(3).await.unwrap_err();
    assert_eq!(odd.to_string(), "3 is odd");
    let more = vec![HashMap::from([("a".to_owned(), Some((1, 'b')))])];
    let joined = stub.joined_up(&["x", "y"], "-".to_owned(), more).await;
    assert_eq!(joined.unwrap(), r#"x-y, [{"a": Some((1, 'b'))}]"#);
    stub.forget().await.unwrap();
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place(String);

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("stuck")]
pub struct Stuck;

redisrpc::contract!(pub "tests/contracts/foreign.json");

#[tokio::test]
async fn names_become_those_of_rust_and_stay_on_the_wire() {
    let mock = SensorHubMock::new()
        .on_read_all(|since_when| vec![Reading(since_when as f64)])
        .on_sys_info(HashMap::new)
        .on_new_(|_, _| ())
        .on_move(|_, _, _| Err(Stuck));
    let hub = mock.client().await.unwrap();
    assert_eq!(hub.read_all(7).await.unwrap(), [Reading(7.0)]);
    assert!(hub.sys_info().await.unwrap().is_empty());
    hub.new_("lamp", true).await.unwrap();
    let via = [Place("there".to_owned())];
    hub.r#move(1.0, (2.0, 3.0), Some(&via)).await.unwrap_err();
    let calls: Vec<_> = mock.calls().iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "readAll(7)",
            "Sys.info()",
            r#"new("lamp", true)"#,
            // One that must be given stands after one that need not: by name.
            r#"move(speed=1.0, to=[2.0,3.0], via=["there"])"#,
        ]
    );
}

#[test]
fn a_client_made_of_a_contract_knows_what_is_in_it() {
    let foreign = Contract::from_json(include_str!("contracts/foreign.json")).unwrap();
    let known = Contract::from(SensorHubClient::DESCRIPTOR);
    assert_eq!(compare(&foreign, &known), []);
    assert_eq!(known.fingerprint(), foreign.fingerprint());
}
