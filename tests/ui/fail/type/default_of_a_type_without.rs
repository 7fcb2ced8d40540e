// mistakes: 1

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Point;

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, #[rpc(default)] point: Point) -> f64;
}

fn main() {}
