// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn join(&self, words: &[&str]) -> String;
}

fn main() {}
