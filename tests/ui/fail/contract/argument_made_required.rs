// mistakes: 1
#[redisrpc::service(contract = "contracts/calc.json")]
pub trait Calculator {
    async fn div(&self, a: f64, b: f64, digits: u32) -> Result<f64, String>;
    async fn clear(&self);
}

fn main() {}
