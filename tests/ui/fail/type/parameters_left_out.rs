// mistakes: 1

pub struct Calculator<T>(pub T);

#[redisrpc::service]
impl Calculator {
    pub async fn get(&self) -> f64 {
        1.0
    }

    #[rpc(blocking)]
    pub fn wait(&self) -> f64 {
        1.0
    }
}

fn main() {}
