// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64) -> impl std::future::Future<Output = f64>;
}

fn main() {}
