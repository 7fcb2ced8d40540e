// mistakes: 3

#[redisrpc::service]
pub trait Greeter {
    async fn greet(&self, name: str) -> String;

    async fn greet_all(&self, names: [String]) -> String;

    async fn name(&self) -> str {
        *"name"
    }
}

fn main() {}
