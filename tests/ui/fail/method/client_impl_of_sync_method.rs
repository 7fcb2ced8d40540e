// mistakes: 1

#[redisrpc::service(client = impl)]
pub trait Calculator {
    fn add(&self, number: f64) -> Result<f64, redisrpc::Error>;
}

fn main() {}
