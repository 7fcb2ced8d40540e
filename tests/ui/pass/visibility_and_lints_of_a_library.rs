#![deny(warnings, missing_docs, missing_debug_implementations)]

//! A library with every lint that looks at what is generated.

#[expect(missing_docs, reason = "a test has one public module for all of this")]
pub mod api {
    /// Calculates.
    #[redisrpc::service(queue = "service")]
    pub trait Calculator {
        /// Adds.
        async fn add(&self, number: f64) -> f64;

        /// Names it.
        fn name(&self, text: String, list: Vec<u8>) -> String;

        /// Divides.
        #[rpc(named)]
        async fn div(&self, a: f64, b: f64) -> Result<f64, String>;

        /// Has a body.
        async fn twice(&self, number: f64) -> f64 {
            self.add(number).await * 2.0
        }
    }

    #[derive(Debug)]
    pub(crate) struct Hidden(pub(crate) f64);

    #[redisrpc::service]
    impl Hidden {
        /// Adds.
        #[rpc]
        pub(crate) fn add(&mut self, number: f64) -> f64 {
            self.0 += number;
            self.0
        }
    }
}

use api::{Calculator, CalculatorClient, CalculatorService, Hidden, HiddenClient};

struct Plain;

impl Calculator for Plain {
    async fn add(&self, number: f64) -> f64 {
        number
    }

    fn name(&self, text: String, list: Vec<u8>) -> String {
        format!("{text}{}", list.len())
    }

    async fn div(&self, a: f64, b: f64) -> Result<f64, String> {
        Ok(a / b)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://visibility_and_lints_of_a_library").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CalculatorService::new(Plain)).run());
    tokio::spawn(redisrpc::Server::new(&broker, "hidden", Hidden(0.0)).run());
    let calculator = CalculatorClient::on_default_queue(&broker);
    assert!((calculator.twice(1.0).await.unwrap() - 2.0).abs() < 0.1);
    assert_eq!(calculator.name("a".to_owned(), vec![]).await.unwrap(), "a0");
    assert!(calculator.div(1.0, 2.0).await.is_ok());
    assert!(HiddenClient::new(&broker, "hidden").add(1.0).await.is_ok());
}
