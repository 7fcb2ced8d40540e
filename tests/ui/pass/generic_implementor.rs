#![allow(non_snake_case)]

#[redisrpc::service]
trait Echo {
    async fn echo(&self, T: u32) -> u32;
}

struct Twice<E>(E);

impl Echo for u32 {
    async fn echo(&self, number: u32) -> u32 {
        self + number
    }
}

impl<E: Echo + Sync> Echo for Twice<E> {
    async fn echo(&self, number: u32) -> u32 {
        self.0.echo(number).await + self.0.echo(number).await
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://generic_implementor").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", EchoService::new(Twice(5_u32))).run());
    let echo = EchoClient::new(&broker, "service");
    assert_eq!(echo.echo(2).await.unwrap(), 14);
}
