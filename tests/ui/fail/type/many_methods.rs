// mistakes: 4

pub struct Point;

pub struct Many;

#[redisrpc::service]
impl Many {
    pub fn m1(&self) {}
    pub fn m2(&self) {}
    pub fn m3(&self) {}
    pub fn m4(&self) {}
    pub fn m5(&self) {}
    pub fn m6(&self) {}
    pub fn m7(&self) {}
    pub fn m8(&self) {}
    pub fn m9(&self) {}
    pub fn m10(&self) {}
    pub fn m11(&self) {}
    pub fn m12(&self) {}
    pub fn m13(&self) {}
    pub fn m14(&self) {}
    pub fn m15(&self) {}

    pub fn m16(&self) -> Point {
        Point
    }

    pub fn m17(&self, point: Point) {
        drop(point);
    }

    pub fn m18(&self) -> std::io::Result<()> {
        Ok(())
    }

    pub async fn m19(&self, number: f64) -> f64 {
        let shared = std::rc::Rc::new(number);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
