// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(timeout = "5")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
