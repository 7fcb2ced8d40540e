//! tarpc over TCP, in JSON or (`--variant bincode`) in bincode.

use std::io;

use calls_driver::{Caller, Options, ready, run, sum};
use futures::{Sink, Stream, StreamExt as _, future};
use tarpc::{
    client,
    context::{self, Context},
    serde_transport,
    server::{BaseChannel, Channel as _},
    tokio_serde::formats::{Bincode, Json},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

#[tarpc::service]
trait Calc {
    async fn add(number: f64) -> f64;
    async fn echo(text: String) -> String;
}

#[derive(Clone)]
struct Plain;

impl Calc for Plain {
    async fn add(self, _: Context, number: f64) -> f64 {
        sum(number)
    }

    async fn echo(self, _: Context, text: String) -> String {
        text
    }
}

impl Caller for CalcClient {
    async fn add(&self, number: f64) -> f64 {
        self.add(context::current(), number).await.expect("add")
    }

    async fn echo(&self, text: &str) -> String {
        let text = text.to_owned();
        self.echo(context::current(), text).await.expect("echo")
    }
}

/// Messages over TCP. Their types are those of whoever uses it.
macro_rules! transport {
    ($stream:expr, $codec:expr) => {{
        $stream.set_nodelay(true).expect("TCP_NODELAY");
        serde_transport::new(Framed::new($stream, LengthDelimitedCodec::new()), $codec)
    }};
}

fn address(options: &Options) -> &str {
    options.url.trim_start_matches("tcp://")
}

async fn serve(options: Options) {
    let listener = TcpListener::bind(address(&options)).await.expect("a port");
    ready();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        match &*options.variant {
            "bincode" => tokio::spawn(answer(transport!(stream, Bincode::default()))),
            _ => tokio::spawn(answer(transport!(stream, Json::default()))),
        };
    }
}

async fn answer<T>(transport: T)
where
    T: Stream<Item = io::Result<tarpc::ClientMessage<CalcRequest>>>
        + Sink<tarpc::Response<CalcResponse>, Error = io::Error>
        + Send
        + 'static,
{
    BaseChannel::with_defaults(transport)
        .execute(Plain.serve())
        .for_each(|response| {
            tokio::spawn(response);
            future::ready(())
        })
        .await;
}

async fn connect(options: Options) -> CalcClient {
    let stream = TcpStream::connect(address(&options))
        .await
        .expect("a server");
    match &*options.variant {
        "bincode" => start(transport!(stream, Bincode::default()), &options),
        _ => start(transport!(stream, Json::default()), &options),
    }
}

fn start<T>(transport: T, options: &Options) -> CalcClient
where
    T: tarpc::Transport<tarpc::ClientMessage<CalcRequest>, tarpc::Response<CalcResponse>>
        + Send
        + 'static,
{
    let mut config = client::Config::default();
    config.max_in_flight_requests = config.max_in_flight_requests.max(options.in_flight);
    config.pending_request_buffer = config.pending_request_buffer.max(options.in_flight);
    CalcClient::new(config, transport).spawn()
}

fn main() {
    run(Options::from_command_line(), serve, connect);
}
