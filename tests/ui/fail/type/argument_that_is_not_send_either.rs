// mistakes: 1

use std::rc::Rc;

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: Rc<f64>) -> f64 {
        *number
    }
}

fn main() {}
