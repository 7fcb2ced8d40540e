// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn read(&self) -> std::io::Result<String>;
}

fn main() {}
