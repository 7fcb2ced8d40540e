// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    unsafe fn add(&self, number: f64) -> f64;
    unsafe fn sub(&self, number: f64) -> f64;
}

fn main() {}
