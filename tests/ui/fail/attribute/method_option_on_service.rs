// mistakes: 1

#[redisrpc::service(timeout = "5s")]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
