// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, a: f64, #[rpc(name = "a")] b: f64) -> f64;
}

fn main() {}
