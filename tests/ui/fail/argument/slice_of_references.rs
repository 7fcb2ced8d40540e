// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn join(&self, words: &[&String]) -> String;
}

fn main() {}
