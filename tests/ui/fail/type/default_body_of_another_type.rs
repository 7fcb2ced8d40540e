// mistakes: 1

#[redisrpc::service]
pub trait Greeter {
    async fn greet(&self) -> String {
        "hello"
    }
}

fn main() {}
