// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    #[rpc]
    pub fn make() -> f64 {
        0.0
    }
}

fn main() {}
