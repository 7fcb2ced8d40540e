// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    async fn sum(&self, others: Vec<Self>) -> f64;

    async fn copy(&self) -> Self;
}

fn main() {}
