#![deny(warnings)]

#[redisrpc::service]
trait Calculator {
    /// Adds.
    #[deprecated = "use `plus`"]
    async fn add(&self, number: f64) -> f64;

    #[must_use = "it only looks"]
    fn peek(&self) -> f64;

    #[must_use]
    fn look(&self) -> f64;

    #[allow(non_snake_case)]
    fn Loud(&self, NUMBER: f64) -> f64;

    #[expect(clippy::too_many_arguments)]
    fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8;
}

struct Plain;

#[allow(non_snake_case)]
impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }

    fn peek(&self) -> f64 {
        1.0
    }

    fn look(&self) -> f64 {
        2.0
    }

    fn Loud(&self, NUMBER: f64) -> f64 {
        NUMBER
    }

    fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
        a + b + c + d + e + f + g + h
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://deprecated_and_linted_methods").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    #[allow(deprecated)]
    let sum = calculator.add(1.0).await.unwrap();
    assert_eq!(sum, 1.0);
    assert_eq!(calculator.peek().await.unwrap() + calculator.look().await.unwrap(), 3.0);
    assert_eq!(calculator.Loud(4.0).await.unwrap(), 4.0);
    assert_eq!(calculator.many(1, 1, 1, 1, 1, 1, 1, 1).await.unwrap(), 8);
}
