// mistakes: 1

pub struct Calculator;

#[redisrpc::service(client = impl)]
impl Calculator {
    pub fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
