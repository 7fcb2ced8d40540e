#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Result<T> {
    value: T,
}

type Answer = Result<f64>;

struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(&self, number: f64) -> Answer {
        Result { value: number }
    }

    // Named like what the macro writes for others.
    pub fn service(&self) -> u8 {
        1
    }

    #[allow(non_snake_case)]
    pub fn ADD(&self) -> u8 {
        2
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://own_type_named_result").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Calculator).run());
    let client = CalculatorClient::new(&broker, "service");
    assert_eq!(client.add(1.0).await.unwrap(), Result { value: 1.0 });
    assert_eq!(client.service().await.unwrap() + client.ADD().await.unwrap(), 3);
}
