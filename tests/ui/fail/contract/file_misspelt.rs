// mistakes: 1
#[redisrpc::service(contract = "contracts/clac.json")]
pub trait Calculator {
    async fn div(&self, a: f64, b: f64, #[rpc(default = 2)] digits: u32) -> Result<f64, String>;
}

fn main() {}
