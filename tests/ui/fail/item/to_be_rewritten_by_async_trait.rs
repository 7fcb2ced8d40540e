// mistakes: 1

// What it is, is not known yet where it is refused.
use redisrpc::service as async_trait;

#[redisrpc::service]
#[async_trait]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

fn main() {}
