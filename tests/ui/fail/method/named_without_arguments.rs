// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(named)]
    async fn clear(&self);
}

fn main() {}
