//! redisrpc, as its users write it; `--variant blocking` for threads that call,
//! `--variant at-most-once` for a server that keeps no requests.

use calls_driver::{BlockingCaller, Caller, Options, SERVICE, measure_blocking, ready, run, sum};
use redisrpc::{Broker, Delivery, Server};

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

impl BlockingCaller for CalcBlockingClient {
    fn add(&self, number: f64) -> f64 {
        self.add(number).expect("add")
    }

    fn echo(&self, text: &str) -> String {
        self.echo(text).expect("echo")
    }
}

async fn broker(options: &Options) -> Broker {
    Broker::connect(&options.url).await.expect("a broker")
}

async fn serve(options: Options) {
    let broker = broker(&options).await;
    let delivery = match &*options.variant {
        "at-most-once" => Delivery::AtMostOnce,
        _ => Delivery::default(),
    };
    let server = Server::new(&broker, SERVICE, CalcService::new(Plain)).delivery(delivery);
    ready();
    server.run().await.expect("a server");
}

async fn connect(options: Options) -> CalcClient {
    CalcClient::new(&broker(&options).await, SERVICE)
}

fn connect_blocking(options: Options) -> CalcBlockingClient {
    let broker = Broker::connect_blocking(options.url).expect("a broker");
    CalcBlockingClient::new(&broker, SERVICE)
}

fn main() {
    let options = Options::from_command_line();
    match &*options.variant {
        "blocking" => measure_blocking(options, connect_blocking),
        _ => run(options, serve, connect),
    }
}
