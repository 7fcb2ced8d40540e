// mistakes: 1

use redisrpc::Context;

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64, context: &mut Context) -> f64;
}

fn main() {}
