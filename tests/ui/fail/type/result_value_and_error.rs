// mistakes: 2

pub struct Point {
    pub x: f64,
}

pub struct Lost;

#[redisrpc::service]
pub trait Calculator {
    async fn origin(&self) -> Result<Point, Lost>;
}

fn main() {}
