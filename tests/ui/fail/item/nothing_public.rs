// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub async fn both(broker: &redisrpc::Broker) -> Result<f64, redisrpc::Error> {
    tokio::spawn(redisrpc::Server::new(broker, "calc", Calculator).run());
    Ok(CalculatorClient::new(broker, "calc").add(1.0).await?)
}

fn main() {}
