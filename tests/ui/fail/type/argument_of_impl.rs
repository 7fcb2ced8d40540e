// mistakes: 1

pub struct Point {
    pub x: f64,
}

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(&self, point: Point) -> f64 {
        point.x
    }
}

fn main() {}
