// mistakes: 1

#[redisrpc::service]
pub fn add(a: f64, b: f64) -> f64 {
    a + b
}

fn main() {}
