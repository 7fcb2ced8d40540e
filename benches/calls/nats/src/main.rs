//! Request and reply over NATS, with the arguments and the value as JSON.

use async_nats::{Client, ConnectOptions, Message};
use bytes::Bytes;
use calls_driver::{Caller, Options, SERVICE, ready, run, sum};
use futures::StreamExt as _;
use serde::{Serialize, de::DeserializeOwned};

#[derive(Clone)]
struct Calc(Client);

impl Calc {
    async fn call<T: Serialize, R: DeserializeOwned>(&self, method: &str, argument: T) -> R {
        let subject = format!("{SERVICE}.{method}");
        let reply = self.0.request(subject, json(&(argument,))).await;
        serde_json::from_slice(&reply.expect(method).payload).expect("a value")
    }
}

impl Caller for Calc {
    async fn add(&self, number: f64) -> f64 {
        self.call("add", number).await
    }

    async fn echo(&self, text: &str) -> String {
        self.call("echo", text).await
    }
}

fn json<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).expect("a value is JSON").into()
}

async fn client(options: &Options) -> Client {
    // Its default holds back more than so many calls.
    let room = options.in_flight.max(2048);
    let client = ConnectOptions::new().client_capacity(room);
    client.connect(&options.url).await.expect("a broker")
}

async fn serve(options: Options) {
    let client = client(&options).await;
    let requests = client.queue_subscribe(format!("{SERVICE}.*"), SERVICE.to_owned());
    let mut requests = requests.await.expect("a subscription");
    client.flush().await.expect("the subscription is known");
    ready();
    while let Some(request) = requests.next().await {
        let value = value(&request);
        let reply = request.reply.expect("a request wants a reply");
        client.publish(reply, value).await.expect("a reply is sent");
    }
}

fn value(request: &Message) -> Bytes {
    let method = request.subject.strip_prefix(SERVICE);
    match method.expect("a subject of ours") {
        ".add" => {
            let (number,) = arguments(request);
            json(&sum(number))
        }
        ".echo" => {
            let (text,): (String,) = arguments(request);
            json(&text)
        }
        other => panic!("there is no method {other}"),
    }
}

fn arguments<T: DeserializeOwned>(request: &Message) -> T {
    serde_json::from_slice(&request.payload).expect("arguments")
}

async fn connect(options: Options) -> Calc {
    Calc(client(&options).await)
}

fn main() {
    run(Options::from_command_line(), serve, connect);
}
