// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, #[rpc(defualt)] number: f64) -> f64;
}

fn main() {}
