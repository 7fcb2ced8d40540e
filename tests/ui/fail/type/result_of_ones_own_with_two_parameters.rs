// mistakes: 1

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Result<T, U> {
    pub value: T,
    pub other: U,
}

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, String>;
}

fn main() {}
