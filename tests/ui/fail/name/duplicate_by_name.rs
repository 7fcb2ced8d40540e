// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
    #[rpc(name = "add")]
    fn plus(&self, number: f64) -> f64;
}

fn main() {}
