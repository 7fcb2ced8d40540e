// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(oneway, timeout = "5s")]
    async fn add(&self, number: f64);
}

fn main() {}
