// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: impl Into<f64>) -> f64;
}

fn main() {}
