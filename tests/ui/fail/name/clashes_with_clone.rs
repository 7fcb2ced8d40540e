// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn clone(&self) -> f64;
}

fn main() {}
