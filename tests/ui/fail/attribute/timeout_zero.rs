// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(timeout = "0s")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
