//! The service by redisrpc.

mod generated;
#[path = "../../types.rs"]
mod types;

use generated::{
    calls,
    server::Server,
    service::{ApiClient, ApiService},
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let broker = redisrpc::Broker::connect("memory://expansion")
        .await
        .expect("the broker is inside the process");
    tokio::spawn(redisrpc::Server::new(&broker, "api", ApiService::new(Server)).run());
    calls::all(&ApiClient::new(&broker, "api")).await;
}
