// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn sum(&self, #[rpc(rest, default)] numbers: Vec<f64>) -> f64;
}

fn main() {}
