mod reexport {
    pub(crate) use ::redisrpc as inner;
}

use reexport::inner::service;

#[service(crate = crate::crate_under_another_name::reexport::inner)]
trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, String>;
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> Result<f64, String> {
        Ok(number)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://crate_under_another_name").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.add(1.0).await.unwrap(), 1.0);
}
