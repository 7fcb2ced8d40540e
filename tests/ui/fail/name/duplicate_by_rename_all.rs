// mistakes: 1

#[redisrpc::service(rename_all = "camelCase")]
pub trait Calculator {
    fn add_up(&self, number: f64) -> f64;
    fn add__up(&self, number: f64) -> f64;
}

fn main() {}
