// mistakes: 1

#[redisrpc::service]
#[redisrpc::service(queue = "calc")]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

fn main() {}
