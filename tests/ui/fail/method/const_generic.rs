// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add<const N: usize>(&self, number: f64) -> f64;
}

fn main() {}
