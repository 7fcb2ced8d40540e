// mistakes: 1

#[redisrpc::service]
pub trait Calculator<'a, V: serde::Serialize + serde::de::DeserializeOwned + Send + 'a> {
    async fn get(&self, name: &str) -> V;
}

pub struct Plain<'a>(pub &'a f64);

impl<'a> Calculator<'a, f64> for Plain<'a> {
    async fn get(&self, _name: &str) -> f64 {
        *self.0
    }
}

pub fn served(broker: &redisrpc::Broker) -> redisrpc::Call<f64> {
    let _ = redisrpc::Server::new(broker, "calc", CalculatorService::new(Plain(&1.0)));
    CalculatorClient::new(broker, "calc").get("sum")
}

fn main() {}
