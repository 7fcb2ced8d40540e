// mistakes: 2

pub struct Point {
    pub x: f64,
}

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, a: Point, b: Point) -> f64;
}

fn main() {}
