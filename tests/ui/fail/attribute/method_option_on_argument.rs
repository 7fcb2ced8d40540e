// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, #[rpc(oneway)] number: f64) -> f64;
}

fn main() {}
