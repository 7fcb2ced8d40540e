// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;

    #[rpc(skip, timeout = "5s")]
    fn helper(&self) {}
}

fn main() {}
