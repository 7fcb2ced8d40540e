#[derive(Default)]
struct Calculator {
    sum: f64,
}

#[redisrpc::service]
impl Calculator {
    const START: f64 = 1.0;

    pub fn add(&mut self, number: f64) -> f64 {
        self.step(number);
        self.sum
    }

    pub async fn sum(&self) -> f64 {
        self.sum
    }

    fn step(&mut self, number: f64) {
        self.sum += number * Self::START;
    }

    #[rpc(skip)]
    pub fn local_only(&self) -> *const f64 {
        &raw const self.sum
    }

    #[rpc]
    fn exported_by_mark(&self) -> bool {
        true
    }

    pub fn new() -> Self {
        Self::default()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://plain_impl").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Calculator::new()).run());
    let calculator = CalculatorClient::new(&broker, "service");
    assert_eq!(calculator.add(2.0).await.unwrap(), 2.0);
    assert_eq!(calculator.sum().await.unwrap(), 2.0);
    assert!(calculator.exported_by_mark().await.unwrap());
    let names: Vec<_> = CalculatorClient::DESCRIPTOR.methods().iter().map(|method| method.name()).collect();
    assert_eq!(names, ["add", "sum", "exported_by_mark"]);
    assert!(!Calculator::new().local_only().is_null());
}
