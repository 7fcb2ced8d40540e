// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

pub struct Plain;

pub async fn serve(broker: &redisrpc::Broker) -> Result<(), redisrpc::Error> {
    redisrpc::Server::new(broker, "calc", CalculatorService::new(Plain))
        .run()
        .await
}

fn main() {}
