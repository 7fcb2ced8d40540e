// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(tiemout = "5s")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
