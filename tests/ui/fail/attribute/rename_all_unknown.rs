// mistakes: 1

#[redisrpc::service(rename_all = "camelcase")]
pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

fn main() {}
