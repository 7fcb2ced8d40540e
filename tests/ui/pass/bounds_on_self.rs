use redisrpc::{Broker, Server};
use serde::{Serialize, de::DeserializeOwned};

trait Named {
    fn name(&self) -> String;
}

#[redisrpc::service]
trait Greeter<E>: Named
where
    Self: Sized,
    E: std::error::Error + Serialize + DeserializeOwned + Send,
{
    async fn greet(&self) -> Result<String, E> {
        Ok(format!("Hello, {}", self.name()))
    }

    // Rust finds `Into::into` first, for a client of its own.
    fn into(&self) -> u8;
}

#[derive(Debug, Serialize, serde::Deserialize, thiserror::Error)]
#[error("refused")]
struct Refused;

struct World;

impl Named for World {
    fn name(&self) -> String {
        "world".to_owned()
    }
}

impl Greeter<Refused> for World {
    fn into(&self) -> u8 {
        1
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = Broker::connect("memory://bounds_on_self").await.unwrap();
    tokio::spawn(Server::new(&broker, "service", GreeterService::new(World)).run());
    let greeter: GreeterClient<Refused> = GreeterClient::new(&broker, "service");
    assert_eq!(greeter.greet().await.unwrap(), "Hello, world");
    assert_eq!(GreeterClient::into(&greeter).await.unwrap(), 1);
}
