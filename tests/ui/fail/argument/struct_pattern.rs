// mistakes: 1

pub struct Point {
    pub x: f64,
}

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(&self, Point { x }: Point) -> f64 {
        x
    }
}

fn main() {}
