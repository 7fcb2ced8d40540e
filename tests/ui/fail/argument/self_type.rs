// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn merge(&self, other: Self);
}

fn main() {}
