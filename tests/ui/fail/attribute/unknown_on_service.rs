// mistakes: 1

#[redisrpc::service(colour = "red")]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
