// mistakes: 1

#[redisrpc::service(client = Client)]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

#[redisrpc::service(client = Client)]
pub trait Clock {
    async fn now(&self) -> f64;
}

fn main() {}
