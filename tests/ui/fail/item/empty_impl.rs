// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    fn helper(&self) {}
}

fn main() {}
