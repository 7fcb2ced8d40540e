use redisrpc::{Broker, Server};

struct Calculator;

#[redisrpc::service]
impl Calculator {
    #[cfg_attr(all(), doc = "Adds.", cfg(all()))]
    pub fn add(&self, number: f64, #[cfg_attr(all(), cfg(any()))] gone: Gone) -> f64 {
        number + 1.0
    }

    #[cfg_attr(all(), cfg(any()))]
    pub fn gone(&self, gone: Gone) -> std::io::Result<Gone> {
        gone
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = Broker::connect("memory://cfg_inside_cfg_attr").await.unwrap();
    tokio::spawn(Server::new(&broker, "service", Calculator).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.add(1.0).await.unwrap(), 2.0);
    assert_eq!(CalculatorClient::DESCRIPTOR.methods().len(), 1);
}
