// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(name = "redisrpc.add")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
