use redisrpc::CallError;

#[derive(Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("division by zero")]
struct DivisionByZero;

type Outcome<T> = std::result::Result<T, DivisionByZero>;

mod aliased {
    pub(super) type Result<T> = super::Outcome<T>;
}

#[redisrpc::service]
trait Calculator {
    async fn div(&self, a: f64, b: f64) -> Result<f64, DivisionByZero>;
    async fn rem(&self, a: f64, b: f64) -> aliased::Result<f64>;
    fn check(&self, b: f64) -> Result<(), DivisionByZero>;
}

struct Plain;

impl Calculator for Plain {
    async fn div(&self, a: f64, b: f64) -> Result<f64, DivisionByZero> {
        self.check(b)?;
        Ok(a / b)
    }

    async fn rem(&self, a: f64, b: f64) -> Outcome<f64> {
        self.check(b)?;
        Ok(a % b)
    }

    fn check(&self, b: f64) -> Result<(), DivisionByZero> {
        if b == 0.0 { Err(DivisionByZero) } else { Ok(()) }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://results").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.div(6.0, 2.0).await, Ok(3.0));
    assert_eq!(calculator.div(6.0, 0.0).await, Err(CallError::Service(DivisionByZero)));
    assert_eq!(calculator.rem(7.0, 2.0).await, Ok(1.0));
    assert_eq!(calculator.rem(7.0, 0.0).await, Err(CallError::Service(DivisionByZero)));
    assert_eq!(calculator.check(1.0).await, Ok(()));
}
