struct Calculator;

#[redisrpc::service]
impl Calculator {
    pub fn add(&self, a: f64, b: f64) -> f64 {
        a + b
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://mistakes_of_callers").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Calculator).run());
    let raw = redisrpc::Client::new(&broker, "service");
    let error = raw.call("add").arg(1.0).returning::<f64>().await.unwrap_err();
    assert!(error.to_string().contains("missing argument `b`"), "{error}");
    let error = raw.call("add").arg(1.0).arg("x").returning::<f64>().await.unwrap_err();
    assert!(error.to_string().contains("argument `b` (position 2)"), "{error}");
    let error = raw.call("sub").returning::<f64>().await.unwrap_err();
    assert!(error.to_string().contains("no method `sub`"), "{error}");
}
