// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

#[redisrpc::service(client = Subtractor)]
impl Calculator {
    pub async fn sub(&self, number: f64) -> f64 {
        -number
    }
}

pub async fn sub(broker: &redisrpc::Broker) -> Result<f64, redisrpc::Error> {
    tokio::spawn(redisrpc::Server::new(broker, "calc", Calculator).run());
    Ok(Subtractor::new(broker, "calc").sub(1.0).await?)
}

fn main() {}
