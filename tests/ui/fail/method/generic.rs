// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add<T>(&self, number: f64) -> f64;
}

fn main() {}
