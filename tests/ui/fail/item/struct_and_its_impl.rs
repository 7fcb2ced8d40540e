// mistakes: 1

#[redisrpc::service]
pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

pub fn server(broker: &redisrpc::Broker) -> redisrpc::Server {
    redisrpc::Server::new(broker, "calc", Calculator)
}

fn main() {}
