// mistakes: 1

use redisrpc::Context;

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, context: &Context, number: f64, again: &redisrpc::Context) -> f64;
}

fn main() {
    fn call(client: &CalculatorClient) {
        drop(client.add(1.0));
    }
}
