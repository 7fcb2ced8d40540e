// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, (a, b): (f64, f64)) -> f64 {
        a + b
    }
}

fn main() {}
