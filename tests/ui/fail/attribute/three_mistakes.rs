// mistakes: 3

#[redisrpc::service(qeue = "calc")]
pub trait Calculator {
    #[rpc(nmae = "plus", timeout = "soon")]
    fn add(&self, number: f64) -> f64;
}

fn main() {}
