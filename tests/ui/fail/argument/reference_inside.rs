// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn join(&self, words: (&str, u32)) -> String;
}

fn main() {}
