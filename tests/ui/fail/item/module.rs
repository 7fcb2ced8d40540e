// mistakes: 1

#[redisrpc::service]
pub mod calculator {}

fn main() {}
