// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[cfg(any())]
    fn add(&self, number: f64) -> f64;

    #[cfg(all())]
    #[rpc(name = "add")]
    fn plus(&self, number: f64) -> f64;

    #[cfg(not(any()))]
    #[rpc(alias = "add")]
    fn sum(&self, number: f64) -> f64;
}

fn main() {}
