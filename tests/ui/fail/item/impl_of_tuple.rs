// mistakes: 1

#[redisrpc::service]
impl (u8, u8) {
    pub fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
