// mistakes: 4

pub struct Greeter;

#[redisrpc::service]
impl Greeter {
    pub fn greet(&self, name: str) {
        drop(&name);
    }

    pub async fn greet_in_time(&self, names: [String]) -> usize {
        names.len()
    }

    pub async fn name(&self) -> str {
        *"name"
    }

    #[rpc(blocking)]
    pub fn names(&self) -> [String] {
        todo!()
    }
}

fn main() {}
