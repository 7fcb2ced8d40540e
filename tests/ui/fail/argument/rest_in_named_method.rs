// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(named)]
    fn sum(&self, #[rpc(rest)] numbers: Vec<f64>) -> f64;
}

fn main() {}
