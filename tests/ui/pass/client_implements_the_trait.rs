use redisrpc::Error;

#[redisrpc::service(client = impl)]
trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, Error>;
    async fn join(&self, words: &[String], between: &str) -> Result<String, Error>;

    #[rpc(skip)]
    fn local(&self) -> bool {
        true
    }
}

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> Result<f64, Error> {
        Ok(number + 1.0)
    }

    async fn join(&self, words: &[String], between: &str) -> Result<String, Error> {
        Ok(words.join(between))
    }
}

async fn twice(calculator: &impl Calculator) -> Result<f64, Error> {
    let once = calculator.add(1.0).await?;
    calculator.add(once).await
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://client_implements_the_trait").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(twice(&Plain).await.unwrap(), 3.0);
    assert_eq!(twice(&calculator).await.unwrap(), 3.0);
    let words = ["a".to_owned(), "b".to_owned()];
    assert_eq!(Calculator::join(&calculator, &words, "-").await.unwrap(), "a-b");
    assert!(calculator.local());
}
