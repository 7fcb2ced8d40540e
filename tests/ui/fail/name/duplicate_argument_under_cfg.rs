// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[cfg(all())]
    fn add(&self, #[cfg(all())] a: f64, #[cfg(not(any()))] #[rpc(alias = "a")] b: f64) -> f64;
}

fn main() {}
