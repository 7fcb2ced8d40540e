// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    fn show(&self, value: Box<dyn std::fmt::Display>) -> String;
}

fn main() {}
