//! The service by tarpc, with JSON over a pipe inside the process.

mod generated;
#[path = "../../types.rs"]
mod types;

use futures::StreamExt as _;
use generated::{
    calls,
    server::Server,
    service::{Api as _, ApiClient},
};
use tarpc::{
    client,
    server::{BaseChannel, Channel as _},
};
use tarpc::{serde_transport as transport, tokio_serde::formats::Json};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let framed = Framed::new(far, LengthDelimitedCodec::new());
    let channel = BaseChannel::with_defaults(transport::new(framed, Json::default()));
    let requests = channel.execute(Server.serve());
    tokio::spawn(requests.for_each(|request| async {
        tokio::spawn(request);
    }));
    let framed = Framed::new(near, LengthDelimitedCodec::new());
    let transport = transport::new(framed, Json::default());
    calls::all(&ApiClient::new(client::Config::default(), transport).spawn()).await;
}
