// mistakes: 1

pub struct Calculator<'a>(pub &'a f64);

#[redisrpc::service]
impl Calculator {
    pub async fn get(&self) -> f64 {
        *self.0
    }
}

fn main() {}
