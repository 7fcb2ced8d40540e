//! jsonrpsee over a WebSocket.

use std::sync::Arc;

use calls_driver::{Caller, Options, ready, run, sum};
use jsonrpsee::{
    client_transport::ws::WsTransportClientBuilder,
    core::{
        RpcResult, async_trait,
        client::{Client, ClientBuilder},
    },
    proc_macros::rpc,
    server::Server,
};
use url::Url;

#[rpc(server, client)]
trait Calc {
    #[method(name = "add")]
    async fn add(&self, number: f64) -> RpcResult<f64>;
    #[method(name = "echo")]
    async fn echo(&self, text: String) -> RpcResult<String>;
}

struct Plain;

#[async_trait]
impl CalcServer for Plain {
    async fn add(&self, number: f64) -> RpcResult<f64> {
        Ok(sum(number))
    }

    async fn echo(&self, text: String) -> RpcResult<String> {
        Ok(text)
    }
}

#[derive(Clone)]
struct Calc(Arc<Client>);

impl Caller for Calc {
    async fn add(&self, number: f64) -> f64 {
        self.0.add(number).await.expect("add")
    }

    async fn echo(&self, text: &str) -> String {
        self.0.echo(text.to_owned()).await.expect("echo")
    }
}

async fn serve(options: Options) {
    let address = options.url.trim_start_matches("ws://");
    let server = Server::builder().build(address).await.expect("a port");
    let handle = server.start(Plain.into_rpc());
    ready();
    handle.stopped().await;
}

async fn connect(options: Options) -> Calc {
    let url = Url::parse(&options.url).expect("a URL");
    let transport = WsTransportClientBuilder::default().build(url).await;
    let (sender, receiver) = transport.expect("a server");
    let client = ClientBuilder::default()
        .max_concurrent_requests(options.in_flight.max(256))
        .build_with_tokio(sender, receiver);
    Calc(Arc::new(client))
}

fn main() {
    run(Options::from_command_line(), serve, connect);
}
