// mistakes: 4

#[redisrpc::service]
pub trait Calculator {
    type Number;
    fn make() -> f64;
    async fn add<T>(&self, number: f64) -> f64;
    #[rpc(onewya)]
    async fn clear(&self);
}

fn main() {}
