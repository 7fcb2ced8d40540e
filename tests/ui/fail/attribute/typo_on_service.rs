// mistakes: 1

#[redisrpc::service(renam_all = "camelCase")]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
