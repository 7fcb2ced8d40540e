//! gRPC with tonic: what its code generator would write, in short, so that no
//! `protoc` is needed to build it.

use std::{
    convert::Infallible,
    future::{Ready, ready as at_once},
    pin::Pin,
    task::{Context, Poll},
};

use calls_driver::{Caller, Options, ready, run, sum};
use tonic::{
    Code, Request, Response, Status,
    body::Body,
    client,
    codegen::{Service, http::uri::PathAndQuery},
    server,
    server::NamedService,
    transport::{Channel, Endpoint, Server},
};
use tonic_prost::ProstCodec;

const ADD: &str = "/calls.Calc/Add";
const ECHO: &str = "/calls.Calc/Echo";

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Text {
    #[prost(string, tag = "1")]
    value: String,
}

// ===== the server =====

#[derive(Clone)]
struct Calc;

impl NamedService for Calc {
    const NAME: &'static str = "calls.Calc";
}

impl Service<http::Request<Body>> for Calc {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            Ok(match request.uri().path() {
                ADD => {
                    let codec = ProstCodec::<Number, Number>::default();
                    server::Grpc::new(codec).unary(Add, request).await
                }
                ECHO => {
                    let codec = ProstCodec::<Text, Text>::default();
                    server::Grpc::new(codec).unary(Echo, request).await
                }
                _ => Status::new(Code::Unimplemented, "no such method").into_http(),
            })
        })
    }
}

/// A method: what the generator makes of a function of one message.
macro_rules! method {
    ($name:ident, $message:ident, |$value:ident| $body:expr) => {
        struct $name;

        impl server::UnaryService<$message> for $name {
            type Response = $message;
            type Future = Ready<Result<Response<$message>, Status>>;

            fn call(&mut self, request: Request<$message>) -> Self::Future {
                let $value = request.into_inner().value;
                at_once(Ok(Response::new($message { value: $body })))
            }
        }
    };
}

method!(Add, Number, |number| sum(number));
method!(Echo, Text, |text| text);

async fn serve(options: Options) {
    let address = options.url.trim_start_matches("http://").parse();
    let incoming = server_socket(address.expect("an address"));
    ready();
    let server = Server::builder().add_service(Calc);
    server
        .serve_with_incoming(incoming)
        .await
        .expect("a server");
}

fn server_socket(address: std::net::SocketAddr) -> tonic::transport::server::TcpIncoming {
    let incoming = tonic::transport::server::TcpIncoming::bind(address).expect("a port");
    incoming.with_nodelay(Some(true))
}

// ===== the client =====

#[derive(Clone)]
struct CalcClient(Channel);

impl CalcClient {
    async fn unary<M>(&self, path: &'static str, message: M) -> M
    where
        M: prost::Message + Default + 'static,
    {
        let mut grpc = client::Grpc::new(self.0.clone());
        grpc.ready().await.expect("a connection");
        let path = PathAndQuery::from_static(path);
        let codec = ProstCodec::<M, M>::default();
        let answer = grpc.unary(Request::new(message), path, codec).await;
        answer.expect("an answer").into_inner()
    }
}

impl Caller for CalcClient {
    async fn add(&self, number: f64) -> f64 {
        self.unary(ADD, Number { value: number }).await.value
    }

    async fn echo(&self, text: &str) -> String {
        let value = text.to_owned();
        self.unary(ECHO, Text { value }).await.value
    }
}

async fn connect(options: Options) -> CalcClient {
    let endpoint = Endpoint::from_shared(options.url).expect("a URL");
    let channel = endpoint.tcp_nodelay(true).connect().await;
    CalcClient(channel.expect("a server"))
}

fn main() {
    run(Options::from_command_line(), serve, connect);
}
