// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64, number: f64) -> f64;
}

fn main() {}
