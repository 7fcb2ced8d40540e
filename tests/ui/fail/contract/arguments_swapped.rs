// mistakes: 1
#[redisrpc::service(contract = "contracts/calc.json")]
pub trait Calculator {
    async fn div(&self, b: f64, a: f64, #[rpc(default = 2)] digits: u32) -> Result<f64, String>;
    async fn clear(&self);
}

fn main() {}
