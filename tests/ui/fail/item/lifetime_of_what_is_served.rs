// mistakes: 1

pub struct Calculator<'a>(pub &'a f64);

#[redisrpc::service]
impl Calculator<'_> {
    pub fn get(&self) -> f64 {
        *self.0
    }
}

pub fn served(broker: &redisrpc::Broker) -> redisrpc::Call<f64> {
    let _ = redisrpc::Server::new(broker, "calc", Calculator(&1.0));
    CalculatorClient::new(broker, "calc").get()
}

fn main() {}
