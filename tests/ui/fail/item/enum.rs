// mistakes: 1

#[redisrpc::service]
pub enum Calculator {
    Plain,
}

fn main() {}
