trait Named {
    fn name(&self) -> String {
        "named".to_owned()
    }
}

#[redisrpc::service]
trait Greeter: Named + Clone {
    async fn greet(&self, greeting: &str) -> String {
        format!("{greeting} {}", self.name())
    }

    fn add(&self, number: u8) -> u8;
}

#[derive(Clone)]
struct Plain;

impl Named for Plain {}

impl Greeter for Plain {
    fn add(&self, number: u8) -> u8 {
        number
    }
}

impl Plain {
    #[allow(dead_code)]
    fn add(&self) {}
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://supertraits_and_super_calls").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", GreeterService::new(Plain)).run());
    let greeter = GreeterClient::new(&broker, "service");
    assert_eq!(greeter.greet("hello").await.unwrap(), "hello named");
    assert_eq!(greeter.add(2).await.unwrap(), 2);
}
