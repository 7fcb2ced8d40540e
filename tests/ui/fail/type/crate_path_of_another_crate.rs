// mistakes: 1

pub struct Calculator;

#[redisrpc::service(crate = std)]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
