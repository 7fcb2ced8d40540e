// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(mut self, number: f64) -> f64 {
        self = Self;
        number
    }
}

fn main() {}
