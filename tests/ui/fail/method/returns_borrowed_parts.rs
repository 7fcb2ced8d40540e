// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn names(&self) -> Vec<&str>;
}

fn main() {}
