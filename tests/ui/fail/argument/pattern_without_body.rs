// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, (a, b): (f64, f64)) -> f64;
}

fn main() {}
