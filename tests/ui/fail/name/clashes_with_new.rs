// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn new(&self) -> f64;
}

fn main() {}
