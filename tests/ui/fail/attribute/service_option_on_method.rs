// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(queue = "calc")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
