#![allow(dead_code)]

/// Calculates.
///
/// Slowly.
#[redisrpc::service(queue = "calc")]
pub trait Calculator {
    /// Adds.
    #[rpc(alias = "plus", timeout = "200ms", idempotent)]
    async fn add(&self, #[rpc(default = 1.0, alias = "n")] number: f64) -> Result<f64, String>;
    fn names(&self, list: &[std::collections::HashMap<String, (u8, [u8; 4])>], #[rpc(rest)] more: Vec<Option<i8>>) -> Vec<String>;
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://descriptor").await.unwrap();
    let service: &'static redisrpc::descriptor::ServiceDescriptor = CalculatorClient::DESCRIPTOR;
    assert_eq!((service.name(), service.doc()), ("Calculator", "Calculates.\n\nSlowly."));
    let add = service.method("plus").unwrap();
    assert_eq!((add.name(), add.doc(), add.returns(), add.error()), ("add", "Adds.", "f64", Some("String")));
    assert_eq!((add.timeout_ms(), add.is_idempotent(), add.is_oneway()), (Some(200), true, false));
    let number = &add.arguments()[0];
    assert_eq!((number.name(), number.type_text(), number.has_default()), ("number", "f64", true));
    assert_eq!(number.aliases(), ["n"]);
    let names = service.method("names").unwrap();
    assert_eq!(names.arguments()[0].type_text(), "&[std::collections::HashMap<String, (u8, [u8; 4])>]");
    assert_eq!(names.arguments()[1].type_text(), "Vec<Option<i8>>");
    assert!(names.arguments()[1].is_rest());
    assert_eq!(CalculatorClient::QUEUE, "calc");
    let client = CalculatorClient::on_default_queue(&broker);
    assert!(format!("{client:?}").starts_with("CalculatorClient"));
    let _: &redisrpc::Client = client.client();
}
