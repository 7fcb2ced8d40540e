#[redisrpc::service]
trait Calculator {
    async fn add(&self, a: f64, b: f64) -> f64;
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, a: f64, b: f64) -> f64 {
        a + b
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://calls_are_spawned_and_joined").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    let (a, b) = tokio::join!(calculator.add(1.0, 2.0), calculator.add(3.0, 4.0));
    assert_eq!((a.unwrap(), b.unwrap()), (3.0, 7.0));
    let spawned = tokio::spawn(calculator.add(5.0, 6.0).into_future());
    assert_eq!(spawned.await.unwrap().unwrap(), 11.0);
    let within = calculator.add(1.0, 1.0).timeout(std::time::Duration::from_secs(5)).idempotent(true);
    assert_eq!(within.await.unwrap(), 2.0);
    calculator.add(1.0, 1.0).oneway().await.unwrap();
}
