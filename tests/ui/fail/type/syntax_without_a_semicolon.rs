// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(name = "plus")]
    async fn add(&self, #[rpc(default)] number: f64) -> f64

    #[rpc(idempotent)]
    async fn sub(&self, number: f64) -> f64;
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }

    async fn sub(&self, number: f64) -> f64 {
        -number
    }
}

pub fn called(broker: &redisrpc::Broker) -> redisrpc::Call<f64> {
    let _ = redisrpc::Server::new(broker, "calc", CalculatorService::new(Plain));
    let _ = CalculatorClient::new(broker, "calc").add(1.0);
    CalculatorClient::new(broker, "calc").sub(1.0)
}

fn main() {}
