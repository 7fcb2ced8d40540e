// mistakes: 1

pub struct Calculator {
    pub sum: std::cell::Cell<f64>,
}

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: f64) -> f64 {
        self.sum.set(self.sum.get() + number);
        self.sum.get()
    }
}

fn main() {
    let _ = |broker| redisrpc::Server::new(broker, "calc", Calculator { sum: Default::default() });
}
