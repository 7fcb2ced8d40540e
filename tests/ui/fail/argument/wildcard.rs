// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, _: f64) -> f64;
}

fn main() {}
