// mistakes: 1

const CALC: &str = "calc";

#[redisrpc::service(queue = CALC)]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

pub fn client(broker: &redisrpc::Broker) -> CalculatorClient {
    CalculatorClient::on_default_queue(broker)
}

fn main() {}
