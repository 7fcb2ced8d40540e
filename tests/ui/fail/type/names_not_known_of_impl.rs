// mistakes: 6

pub struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub async fn add(&self, number: Numbr) -> Rsult {
        todo!()
    }

    #[rpc(blocking)]
    pub fn all(&self, numbers: Vec<Numbrs>) -> Result<Option<Valu>, Eror> {
        todo!()
    }

    pub async fn none(&self) -> io::Result<f64> {
        todo!()
    }
}

fn main() {}
