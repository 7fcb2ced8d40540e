// mistakes: 1

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Result<T> {
    pub value: T,
}

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> Result<f64>;
}

fn main() {
    let _ = |broker| CalculatorClient::new(broker, "calc").add(1.0);
}
