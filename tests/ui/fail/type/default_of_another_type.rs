// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, #[rpc(default = "one")] number: f64) -> f64;
}

fn main() {}
