// mistakes: 1

pub trait Shape {}

#[redisrpc::service]
impl dyn Shape {
    pub fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
