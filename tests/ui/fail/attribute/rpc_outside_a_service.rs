// mistakes: 1

use redisrpc::rpc;

pub trait Calculator {
    #[rpc(name = "plus")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
