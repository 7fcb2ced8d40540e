// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    const LIMIT: f64;
    fn add(&self, number: f64) -> f64;
}

fn main() {}
