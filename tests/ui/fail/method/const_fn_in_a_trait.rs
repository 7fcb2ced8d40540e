// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    const fn add(&self, number: f64) -> f64;
}

fn main() {}
