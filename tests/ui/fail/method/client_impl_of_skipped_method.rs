// mistakes: 1

#[redisrpc::service(client = impl)]
pub trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, redisrpc::Error>;

    #[rpc(skip)]
    fn helper(&self);
}

fn main() {}
