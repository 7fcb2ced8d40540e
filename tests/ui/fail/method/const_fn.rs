// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub const fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
