// mistakes: 1

pub struct Point {
    pub x: f64,
}

#[redisrpc::service]
pub trait Calculator {
    async fn origin(&self) -> Result<f64, Point>;
}

fn main() {}
