// mistakes: 1

pub struct Plain;

pub fn served(broker: &redisrpc::Broker) {
    let _ = redisrpc::Server::new(broker, "calc", Plain);
}

fn main() {}
