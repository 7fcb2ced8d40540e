// mistakes: 1

#[derive(Debug, Clone)]
pub struct CalculatorClient {
    pub calls: u64,
}

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

fn main() {}
