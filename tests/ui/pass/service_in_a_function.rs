#![deny(warnings)]

async fn served(broker: &redisrpc::Broker) -> f64 {
    #[redisrpc::service]
    trait Calculator {
        async fn add(&self, number: f64) -> f64;
    }

    struct Plain;

    impl Calculator for Plain {
        async fn add(&self, number: f64) -> f64 {
            number + 1.0
        }
    }

    struct Other;

    #[redisrpc::service]
    impl Other {
        pub fn add(&self, number: f64) -> f64 {
            number + 2.0
        }
    }

    tokio::spawn(redisrpc::Server::new(broker, "plain", CalculatorService::new(Plain)).run());
    tokio::spawn(redisrpc::Server::new(broker, "other", Other).run());
    let one = CalculatorClient::new(broker, "plain").add(0.0).await.unwrap();
    one + OtherClient::new(broker, "other").add(0.0).await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://service_in_a_function").await.unwrap();
    assert_eq!(served(&broker).await, 3.0);
}
