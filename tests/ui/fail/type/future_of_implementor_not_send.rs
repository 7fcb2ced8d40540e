// mistakes: 1

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: f64) -> f64;
}

pub struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        let shared = std::rc::Rc::new(number);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
