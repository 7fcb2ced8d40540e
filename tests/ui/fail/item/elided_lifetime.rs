// mistakes: 1

pub struct Calculator<'a>(pub &'a f64);

#[redisrpc::service]
impl Calculator<'_> {
    pub fn get(&self) -> f64 {
        *self.0
    }
}

fn main() {}
