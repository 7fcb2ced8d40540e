// mistakes: 1

#[redisrpc::service]
pub struct Calculator;

fn main() {}
