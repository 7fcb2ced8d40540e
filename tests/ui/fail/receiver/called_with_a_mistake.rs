// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    async fn add(self, number: f64) -> f64;

    async fn zero() -> f64;
}

pub struct Plain;

impl Calculator for Plain {
    async fn add(self, number: f64) -> f64 {
        number
    }

    async fn zero() -> f64 {
        0.0
    }
}

pub async fn called(calculator: &CalculatorClient) -> f64 {
    calculator.add(1.0).await.unwrap() + calculator.zero().await.unwrap()
}

fn main() {}
