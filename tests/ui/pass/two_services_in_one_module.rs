#[redisrpc::service]
trait First {
    async fn add(&self, number: f64) -> f64;
}

#[redisrpc::service]
trait Second {
    async fn add(&self, number: f64) -> f64;
}

struct Both;

impl First for Both {
    async fn add(&self, number: f64) -> f64 {
        number + 1.0
    }
}

impl Second for Both {
    async fn add(&self, number: f64) -> f64 {
        number + 2.0
    }
}

#[redisrpc::service(client = BothClient)]
impl Both {
    pub fn add(&self, number: f64) -> f64 {
        number + 3.0
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://two_services_in_one_module").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", FirstService::new(Both)).run());
    tokio::spawn(redisrpc::Server::new(&broker, "second", SecondService::new(Both)).run());
    tokio::spawn(redisrpc::Server::new(&broker, "both", Both).run());
    assert_eq!(FirstClient::new(&broker, "service").add(0.0).await.unwrap(), 1.0);
    assert_eq!(SecondClient::new(&broker, "second").add(0.0).await.unwrap(), 2.0);
    assert_eq!(BothClient::new(&broker, "both").add(0.0).await.unwrap(), 3.0);
}
