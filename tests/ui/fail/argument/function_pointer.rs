// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn apply(&self, function: fn(f64) -> f64) -> f64;
}

fn main() {}
