// mistakes: 1

pub struct Calculator(pub f64);

#[redisrpc::service]
impl Calculator {
    #[rpc(name = "plus")]
    pub async fn add(&self, #[rpc(default)] number: f64) -> f64 {
        let sum = ;
        self.0 + number
    }

    pub fn clear(&mut self) {
        self.0 = 0.0;
    }
}

pub fn called(client: &CalculatorClient) {
    drop(client.add(1.0));
    drop(client.clear());
}

fn main() {}
