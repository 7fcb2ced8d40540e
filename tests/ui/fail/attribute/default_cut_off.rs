// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    #[rpc(idempotent = )]
    fn add(&self, #[rpc(default = )] number: f64) -> f64;
}

fn main() {}
