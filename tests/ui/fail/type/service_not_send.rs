// mistakes: 1

pub struct Calculator {
    pub sum: std::rc::Rc<f64>,
}

#[redisrpc::service]
impl Calculator {
    pub fn add(&mut self, number: f64) -> f64 {
        number + *self.sum
    }
}

fn main() {
    let _ = |broker| redisrpc::Server::new(broker, "calc", Calculator { sum: Default::default() });
}
