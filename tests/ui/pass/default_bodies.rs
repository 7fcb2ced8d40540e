#[redisrpc::service]
trait Calculator: Send {
    async fn add(&self, number: f64) -> f64;

    async fn twice(&self, number: f64) -> f64 {
        if number == 0.0 {
            return 0.0;
        }
        self.add(number).await + self.add(number).await
    }

    async fn reset(&mut self) {
        let _ = self.twice(1.0).await;
    }

    async fn constant(&self) -> Result<f64, String> {
        let number: f64 = "1.5".parse().map_err(|_| "never".to_owned())?;
        Ok(number)
    }

    fn plain(&self, text: &str) -> usize {
        text.len()
    }
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://default_bodies").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.twice(2.0).await.unwrap(), 4.0);
    assert_eq!(calculator.twice(0.0).await.unwrap(), 0.0);
    assert_eq!(calculator.constant().await.unwrap(), 1.5);
    assert_eq!(calculator.plain("abc").await.unwrap(), 3);
    calculator.reset().await.unwrap();
}
