// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(oneway)]
    async fn add(&self, number: f64) -> Result<(), String>;
}

fn main() {}
