// mistakes: 1

pub struct Calculator<T>(T);

#[redisrpc::service]
impl Calculator<T> {
    pub async fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
