// mistakes: 1

#[redisrpc::service]
pub trait Greeter {
    async fn greet(&self, name: &'a str) -> String;
}

fn main() {}
