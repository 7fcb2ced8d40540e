// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

/// Another one, in a comment: struct CalculatorBlockingClient
pub struct CalculatorBlockingClient;

fn main() {}
