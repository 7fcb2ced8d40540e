// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[cfg(all())]
    fn add(&self, number: f64) -> f64;

    #[cfg(not(any()))]
    #[rpc(name = "add")]
    fn plus(&self, number: f64) -> f64;
}

fn main() {}
