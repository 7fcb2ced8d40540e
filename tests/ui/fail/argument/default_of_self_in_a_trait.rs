// mistakes: 1

pub trait Start {
    const START: f64;
}

#[redisrpc::service]
pub trait Calculator: Start {
    async fn add(&self, #[rpc(default = Self::START)] number: f64) -> f64;
}

fn main() {}
