// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

pub struct Plain(pub std::cell::Cell<f64>);

impl Calculator for Plain {
    fn add(&self, number: f64) -> f64 {
        self.0.get() + number
    }
}

pub fn served(broker: &redisrpc::Broker) -> redisrpc::Server {
    let plain = Plain(std::cell::Cell::new(0.0));
    redisrpc::Server::new(broker, "calc", CalculatorService::new(plain))
}

fn main() {}
