// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn greet(&self, name: &'static str) -> String;
}

fn main() {}
