// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

#[derive(Debug, Clone)]
pub struct CalculatorService;

impl Calculator for CalculatorService {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub fn server(broker: &redisrpc::Broker) -> redisrpc::Server {
    redisrpc::Server::new(broker, "calc", CalculatorService)
}

fn main() {}
