// mistakes: 2

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, (a, b): (f64, f64), number: &mut f64) -> f64 {
        *number + a + b
    }
}

fn main() {}
