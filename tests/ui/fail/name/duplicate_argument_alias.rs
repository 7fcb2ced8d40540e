// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, a: f64, #[rpc(alias = "a")] b: f64) -> f64;
}

fn main() {}
