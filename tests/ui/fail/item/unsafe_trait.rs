// mistakes: 1

#[redisrpc::service]
pub unsafe trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
