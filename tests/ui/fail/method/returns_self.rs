// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn twin(&self) -> Self;
}

fn main() {}
