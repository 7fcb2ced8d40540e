// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(self: Box<Self>, number: f64) -> f64;
}

fn main() {}
