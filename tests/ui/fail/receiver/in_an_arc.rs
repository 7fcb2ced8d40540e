// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(self: std::sync::Arc<Self>, number: f64) -> f64 {
        number
    }
}

fn main() {}
