// mistakes: 1

pub struct Point {
    pub x: f64,
}

#[redisrpc::service]
pub trait Calculator {
    #[rpc(named)]
    async fn add(&self, point: Point) -> f64;
}

fn main() {}
