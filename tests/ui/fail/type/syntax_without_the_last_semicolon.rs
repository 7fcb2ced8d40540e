// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, #[rpc(default)] number: f64) -> f64
}

pub fn called(client: &CalculatorClient) -> redisrpc::Call<f64> {
    client.add(1.0)
}

fn main() {}
