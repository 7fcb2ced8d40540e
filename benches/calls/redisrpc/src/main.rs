//! redisrpc, as its users write it.

use calls_driver::{Caller, Options, SERVICE, ready, run, sum};
use redisrpc::{Broker, Server};

#[redisrpc::service]
trait Calc {
    async fn add(&self, number: f64) -> f64;
    async fn echo(&self, text: &str) -> String;
}

struct Plain;

impl Calc for Plain {
    async fn add(&self, number: f64) -> f64 {
        sum(number)
    }

    async fn echo(&self, text: &str) -> String {
        text.to_owned()
    }
}

impl Caller for CalcClient {
    async fn add(&self, number: f64) -> f64 {
        self.add(number).await.expect("add")
    }

    async fn echo(&self, text: &str) -> String {
        self.echo(text).await.expect("echo")
    }
}

async fn broker(options: &Options) -> Broker {
    Broker::connect(&options.url).await.expect("a broker")
}

async fn serve(options: Options) {
    let broker = broker(&options).await;
    let server = Server::new(&broker, SERVICE, CalcService::new(Plain));
    ready();
    server.run().await.expect("a server");
}

async fn connect(options: Options) -> CalcClient {
    CalcClient::new(&broker(&options).await, SERVICE)
}

fn main() {
    run(serve, connect);
}
