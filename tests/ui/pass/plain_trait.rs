#[redisrpc::service]
trait Calculator {
    async fn add(&self, number: f64) -> f64;
    fn name(&self) -> String;
    async fn clear(&self);
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number + 1.0
    }

    fn name(&self) -> String {
        "plain".to_owned()
    }

    async fn clear(&self) {}
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://plain_trait").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.add(1.0).await.unwrap(), 2.0);
    assert_eq!(calculator.name().await.unwrap(), "plain");
    calculator.clear().await.unwrap();
}
