// mistakes: 1

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Lost;

#[redisrpc::service]
pub trait Calculator {
    async fn find(&self) -> Result<f64, Lost>;
}

fn main() {}
