// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(#[rpc(name = "me")] &self, number: f64) -> f64;
}

fn main() {}
