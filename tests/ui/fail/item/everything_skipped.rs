// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    #[rpc(skip)]
    fn helper(&self) {}
}

fn main() {}
