// mistakes: 2

#[redisrpc::service]
pub trait Runner {
    async fn run(&self) -> !;
}

pub struct Walker;

#[redisrpc::service]
impl Walker {
    pub async fn walk(&self) -> ! {
        loop {
            tokio::task::yield_now().await;
        }
    }
}

fn main() {}
