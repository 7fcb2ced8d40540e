use std::sync::atomic::{AtomicU32, Ordering};

static SEEN: AtomicU32 = AtomicU32::new(0);

#[redisrpc::service]
trait Log {
    #[rpc(oneway)]
    async fn note(&self, number: u32);
    async fn seen(&self) -> u32;
}

struct Plain;

impl Log for Plain {
    async fn note(&self, number: u32) {
        SEEN.fetch_add(number, Ordering::SeqCst);
    }

    async fn seen(&self) -> u32 {
        SEEN.load(Ordering::SeqCst)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://oneway_methods").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", LogService::new(Plain)).run());
    let log = LogClient::new(&broker, "service");
    log.note(2).await.unwrap();
    while log.seen().await.unwrap() != 2 {}
    assert!(LogClient::DESCRIPTOR.method("note").unwrap().is_oneway());
}
