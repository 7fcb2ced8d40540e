// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, #[rpc(nmae = "n")] number: f64) -> f64;
}

pub struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub async fn both(broker: &redisrpc::Broker) -> Result<f64, redisrpc::Error> {
    let server = redisrpc::Server::new(broker, "calc", CalculatorService::new(Plain));
    tokio::spawn(server.run());
    let calculator = CalculatorClient::new(broker, "calc");
    Ok(calculator.add(1.0).await?)
}

fn main() {}
