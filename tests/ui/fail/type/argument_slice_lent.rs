// mistakes: 1

pub struct Point {
    pub x: f64,
}

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, points: &[Point]) -> f64;
}

fn main() {}
