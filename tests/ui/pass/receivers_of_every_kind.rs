struct Counter(u32);

#[redisrpc::service]
impl Counter {
    pub fn shared(&self) -> u32 {
        self.0
    }

    pub fn exclusive(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    pub async fn typed(self: &Self) -> u32 {
        self.0
    }

    pub async fn typed_exclusive(self: &mut Self) -> u32 {
        self.0 += 1;
        self.0
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://receivers_of_every_kind").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Counter(0)).run());
    let counter = CounterClient::new(&broker, "service");
    assert_eq!(counter.shared().await.unwrap(), 0);
    assert_eq!(counter.exclusive().await.unwrap(), 1);
    assert_eq!(counter.typed().await.unwrap(), 1);
    assert_eq!(counter.typed_exclusive().await.unwrap(), 2);
}
