// mistakes: 1

#[redisrpc::service(rename_all = "camelCase")]
pub trait Calculator {
    fn __(&self, number: f64) -> f64;
}

fn main() {}
