// mistakes: 1

use redisrpc::Context;

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64, #[rpc(name = "call")] context: &Context) -> f64;
}

fn main() {}
