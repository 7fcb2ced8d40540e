// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

#[derive(Debug, Default, Clone)]
pub enum CalculatorMock {
    #[default]
    Adds,
}

impl Calculator for CalculatorMock {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub fn server(broker: &redisrpc::Broker) -> redisrpc::Server {
    redisrpc::Server::new(broker, "calc", CalculatorService::new(CalculatorMock::Adds))
}

fn main() {}
