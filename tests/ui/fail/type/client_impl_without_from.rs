// mistakes: 1

#[redisrpc::service(client = impl)]
pub trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, String>;
}

fn main() {}
