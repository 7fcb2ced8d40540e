// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl<T> Calculator {
    pub async fn get(&self) -> f64 {
        1.0
    }
}

fn main() {}
