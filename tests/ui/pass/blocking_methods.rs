struct Shared;

#[redisrpc::service]
impl Shared {
    #[rpc(blocking)]
    pub fn slow(&self, text: &str, maybe: Option<&str>, #[rpc(default = "x")] more: &str) -> Result<String, String> {
        std::thread::sleep(std::time::Duration::from_millis(1));
        Ok(format!("{text}{maybe:?}{more}"))
    }
}

struct Ordered(u32);

#[redisrpc::service]
impl Ordered {
    #[rpc(blocking)]
    pub fn next(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    #[rpc(blocking)]
    pub fn read(&self) -> u32 {
        self.0
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://blocking_methods").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Shared).run());
    tokio::spawn(redisrpc::Server::new(&broker, "ordered", Ordered(0)).run());
    let shared = SharedClient::new(&broker, "service");
    assert_eq!(shared.slow("a", Some("b"), "c").await.unwrap(), "aSome(\"b\")c");
    let ordered = OrderedClient::new(&broker, "ordered");
    assert_eq!(ordered.next().await.unwrap(), 1);
    assert_eq!(ordered.next().await.unwrap(), 2);
    assert_eq!(ordered.read().await.unwrap(), 2);
}
