// mistakes: 1

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        let shared = std::rc::Rc::new(number);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
