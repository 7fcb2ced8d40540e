// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: Vec<T>) -> T;
}

fn main() {}
