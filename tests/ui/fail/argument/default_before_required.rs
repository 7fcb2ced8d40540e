// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, #[rpc(default)] a: f64, b: f64) -> f64;
}

fn main() {}
