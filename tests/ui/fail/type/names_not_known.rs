// mistakes: 6

#[redisrpc::service]
pub trait Calculator {
    async fn add(&self, number: Numbr) -> Rsult;
    async fn all(&self, numbers: Vec<Numbrs>) -> Result<Option<Valu>, Eror>;
    async fn none(&self) -> io::Result<f64>;
}

fn main() {}
