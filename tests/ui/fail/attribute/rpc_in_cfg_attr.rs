// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[cfg_attr(all(), doc = "Adds.", rpc(name = "plus"))]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
