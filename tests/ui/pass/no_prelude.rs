#![no_implicit_prelude]
#![allow(dead_code)]

extern crate redisrpc;
extern crate serde;
extern crate tokio;
extern crate std;

pub struct Result;
pub struct Option;
pub struct String;
pub struct Vec;
pub struct Service;
pub struct Send;
pub struct Some;
pub struct Ok;
pub trait From {}
pub trait Into {}
pub trait Clone {}

#[redisrpc::service(queue = "service")]
pub trait Calculator {
    #[rpc(idempotent, timeout = "2m")]
    async fn add(&self, number: f64, #[rpc(default = 2.0)] scale: f64) -> f64;
    async fn texts(&self, text: &str, list: &[u8], #[rpc(rest)] rest: &[u8]) -> usize;
    async fn result(&self) -> std::result::Result<f64, std::string::String>;
    async fn clear(&self);
}

pub struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64, scale: f64) -> f64 {
        number * scale
    }

    async fn texts(&self, text: &str, list: &[u8], rest: &[u8]) -> usize {
        text.len() + list.len() + rest.len()
    }

    async fn result(&self) -> std::result::Result<f64, std::string::String> {
        std::result::Result::Ok(1.0)
    }

    async fn clear(&self) {}
}

pub struct Counter;

#[redisrpc::service]
impl Counter {
    pub fn next(&mut self, #[rpc(default = "a")] by: &str) -> usize {
        by.len()
    }

    #[rpc(blocking)]
    pub fn read(&self, text: &str) -> usize {
        text.len()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://no_prelude").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    tokio::spawn(redisrpc::Server::new(&broker, "counter", Counter).run());
    let calculator = CalculatorClient::on_default_queue(&broker);
    std::assert_eq!(calculator.add(1.0, 3.0).await.unwrap(), 3.0);
    std::assert_eq!(calculator.texts("a", &[1], &[2]).await.unwrap(), 3);
    std::assert_eq!(calculator.result().await.unwrap(), 1.0);
    let counter = CounterClient::new(&broker, "counter");
    std::assert_eq!(counter.next("ab").await.unwrap(), 2);
    std::assert_eq!(counter.read("ab").await.unwrap(), 2);
}
