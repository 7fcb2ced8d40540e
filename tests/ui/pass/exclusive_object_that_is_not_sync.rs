use std::cell::Cell;

#[redisrpc::service]
trait Counter {
    async fn next(&mut self) -> u32;
}

struct Plain(Cell<u32>);

impl Counter for Plain {
    async fn next(&mut self) -> u32 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://exclusive_object_that_is_not_sync").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CounterService::new(Plain(Cell::new(0)))).run());
    let counter = CounterClient::new(&broker, "service");
    assert_eq!(counter.next().await.unwrap(), 1);
    assert_eq!(counter.next().await.unwrap(), 2);
}
