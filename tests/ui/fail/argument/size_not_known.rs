// mistakes: 2

#[redisrpc::service]
pub trait Greeter {
    async fn greet(&self, name: str) -> String;

    async fn greet_all(&self, names: [String]) -> String;
}

fn main() {}
