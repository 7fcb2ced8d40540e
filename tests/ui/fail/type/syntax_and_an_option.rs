// mistakes: 2

pub struct Calculator;

#[redisrpc::service(quue = "calc")]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        number +
    }
}

fn main() {}
