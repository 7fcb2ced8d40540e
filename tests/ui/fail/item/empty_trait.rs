// mistakes: 1

#[redisrpc::service]
pub trait Calculator {}

fn main() {}
