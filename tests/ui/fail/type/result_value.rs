// mistakes: 1

pub struct Point {
    pub x: f64,
}

#[redisrpc::service]
pub trait Calculator {
    async fn origin(&self) -> Result<Point, String>;
}

fn main() {}
