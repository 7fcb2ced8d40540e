// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

/// What another one would add.
#[redisrpc::service]
impl Calculator {
    /// It says "subtracts".
    #[rpc(idempotent)]
    pub async fn sub(&self, #[rpc(default = 1.0)] number: f64) -> f64 {
        -number
    }
}

pub async fn both(broker: &redisrpc::Broker) -> Result<f64, redisrpc::Error> {
    tokio::spawn(redisrpc::Server::new(broker, "calc", Calculator).run());
    let calculator = CalculatorClient::new(broker, "calc");
    Ok(calculator.add(1.0).await? + calculator.sub(1.0).await?)
}

fn main() {}
