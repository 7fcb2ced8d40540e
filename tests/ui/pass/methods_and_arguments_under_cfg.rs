struct Calculator;

#[redisrpc::service]
impl Calculator {
    #[cfg(false)]
    pub fn absent(&self, gone: Gone) -> Gone {
        gone
    }

    #[cfg(not(any()))]
    pub fn present(&self) -> bool {
        true
    }

    #[cfg(false)]
    pub fn either(&self) -> Gone {
        Gone
    }

    #[cfg(true)]
    #[rpc(alias = "or")]
    pub fn either(&self) -> u8 {
        1
    }

    pub fn pick(
        &self,
        #[cfg(false)] gone: Gone,
        #[cfg(true)] first: u8,
        second: u8,
        #[cfg(false)] late: Gone,
    ) -> u8 {
        first * 10 + second
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://methods_and_arguments_under_cfg").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Calculator).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert!(calculator.present().await.unwrap());
    assert_eq!(calculator.either().await.unwrap(), 1);
    assert_eq!(calculator.pick(4, 2).await.unwrap(), 42);
    let methods = CalculatorClient::DESCRIPTOR.methods();
    assert_eq!(methods.len(), 3);
    assert_eq!(methods[2].arguments().len(), 2);
}
