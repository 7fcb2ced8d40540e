// mistakes: 1

#[redisrpc::service(crate = "redisrpc")]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
