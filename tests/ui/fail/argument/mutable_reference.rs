// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn add(&self, number: &mut f64);
}

fn main() {}
