// mistakes: 1

pub struct Calculator<'a>(pub &'a str);

#[redisrpc::service]
impl<'a> Calculator<'a> {
    pub fn add(&self, number: f64) -> f64 {
        number
    }
}

fn main() {}
