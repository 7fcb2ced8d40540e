// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn join(&self, words: Vec<&str>) -> String;
}

fn main() {}
