// mistakes: 2
#[redisrpc::service(contract = "contracts/calc.json")]
pub trait Calculator {
    async fn div(&self, a: u64, b: u64, #[rpc(default = 2)] digits: u32) -> Result<f64, String>;
    async fn clear(&self);
}

fn main() {}
