// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

pub struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub async fn serve(broker: &redisrpc::Broker) -> Result<(), redisrpc::Error> {
    let server = redisrpc::Server::new(broker, "calc", Plain).concurrency(2);
    server.run().await
}

fn main() {}
