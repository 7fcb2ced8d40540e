// mistakes: 1

#[redisrpc::service(queue = "calc\n")]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

pub fn client(broker: &redisrpc::Broker) -> CalculatorClient {
    CalculatorClient::on_default_queue(broker)
}

fn main() {}
