// mistakes: 1

pub trait Adds {
    fn add(&self, number: f64) -> f64;
}

pub struct Calculator;

#[redisrpc::service]
impl Adds for Calculator {
    fn add(&self, number: f64) -> f64 {
        number
    }
}

pub fn server(broker: &redisrpc::Broker) -> redisrpc::Server {
    redisrpc::Server::new(broker, "calc", Calculator)
}

fn main() {}
