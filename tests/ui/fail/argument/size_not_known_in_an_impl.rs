// mistakes: 1

pub struct Greeter;

#[redisrpc::service]
impl Greeter {
    pub fn greet(&self, name: str) {
        drop(&name);
    }
}

fn main() {}
