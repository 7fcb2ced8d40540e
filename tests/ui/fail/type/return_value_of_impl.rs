// mistakes: 1

pub struct Point {
    pub x: f64,
}

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn origin(&self) -> Point {
        Point { x: 0.0 }
    }
}

fn main() {}
