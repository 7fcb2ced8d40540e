// mistakes: 1

pub struct Plain;

pub trait Calculator {
    fn add(&self, number: f64) -> f64;
}

#[redisrpc::service]
impl Calculator for Plain {
    fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
