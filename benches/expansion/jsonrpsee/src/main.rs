//! The service by jsonrpsee, over a WebSocket.

mod generated;
#[path = "../../types.rs"]
mod types;

use generated::{calls, server::Server, service::ApiServer as _};
use jsonrpsee::{
    client_transport::ws::{Url, WsTransportClientBuilder},
    core::client::ClientBuilder,
    types::ErrorObjectOwned,
};
use types::Refused;

impl From<Refused> for ErrorObjectOwned {
    fn from(error: Refused) -> Self {
        Self::owned(1, error.to_string(), Some(error))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = jsonrpsee::server::Server::builder()
        .build("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = server.local_addr().expect("it is bound");
    let handle = server.start(Server.into_rpc());
    let url = Url::parse(&format!("ws://{address}")).expect("it is an address");
    let (sender, receiver) = WsTransportClientBuilder::default()
        .build(url)
        .await
        .expect("the server listens");
    let client = ClientBuilder::default().build_with_tokio(sender, receiver);
    calls::all(&client).await;
    drop(handle);
}
