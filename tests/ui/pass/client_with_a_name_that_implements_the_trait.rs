#[redisrpc::service(client = impl Remote)]
trait Counter {
    async fn next(&mut self, by: u64) -> Result<u64, redisrpc::Error>;
}

struct Local(u64);

impl Counter for Local {
    async fn next(&mut self, by: u64) -> Result<u64, redisrpc::Error> {
        self.0 += by;
        Ok(self.0)
    }
}

async fn advance(counter: &mut impl Counter) -> u64 {
    counter.next(2).await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://client_with_a_name_that_implements_the_trait").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", CounterService::new(Local(0))).run());
    let mut remote = Remote::new(&broker, "service");
    assert_eq!(advance(&mut remote).await, 2);
    assert_eq!(advance(&mut remote).await, 4);
    assert_eq!(advance(&mut Local(0)).await, 2);
}
