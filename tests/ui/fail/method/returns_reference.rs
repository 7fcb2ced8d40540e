// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn name(&self) -> &str;
}

fn main() {}
