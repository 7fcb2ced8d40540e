// mistakes: 1

#[redisrpc::service(crate = somewhere::rpc)]
pub trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, String>;
}

pub fn called(client: &CalculatorClient) {
    drop(client.add(1.0));
}

fn main() {}
