//! redisrpc, as its users write it; `--variant blocking` for threads that call,
//! `--variant at-most-once` for a server that keeps no requests.

use calls_driver::{BlockingCaller, Caller, Options, SERVICE, measure_blocking, ready, run, sum};
use futures_util::stream;
use redisrpc::{Broker, Delivery, Server, Stream};

#[redisrpc::service]
trait Calc {
    async fn add(&self, number: f64) -> f64;
    async fn echo(&self, text: &str) -> String;
    fn numbers(&self, count: u32) -> impl Stream<Item = f64>;
    fn texts(&self, text: String, count: u32) -> impl Stream<Item = String>;
}

struct Plain;

impl Calc for Plain {
    async fn add(&self, number: f64) -> f64 {
        sum(number)
    }

    async fn echo(&self, text: &str) -> String {
        text.to_owned()
    }

    fn numbers(&self, count: u32) -> impl Stream<Item = f64> {
        stream::iter((0..count).map(f64::from))
    }

    fn texts(&self, text: String, count: u32) -> impl Stream<Item = String> {
        stream::iter((0..count).map(move |_| text.clone()))
    }
}

impl Caller for CalcClient {
    async fn add(&self, number: f64) -> f64 {
        self.add(number).await.expect("add")
    }

    async fn echo(&self, text: &str) -> String {
        self.echo(text).await.expect("echo")
    }

    async fn numbers(&self, count: u32) {
        let mut numbers = self.numbers(count);
        let mut seen = 0;
        while let Some(number) = numbers.next().await {
            assert_eq!(number.expect("a number"), f64::from(seen));
            seen += 1;
        }
        assert_eq!(seen, count);
    }

    async fn texts(&self, text: &str, count: u32) {
        let mut texts = self.texts(text.to_owned(), count);
        let mut seen = 0;
        while let Some(streamed) = texts.next().await {
            assert_eq!(streamed.expect("a text"), text);
            seen += 1;
        }
        assert_eq!(seen, count);
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
