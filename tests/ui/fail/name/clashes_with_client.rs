// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn client(&self) -> f64;
}

fn main() {}
