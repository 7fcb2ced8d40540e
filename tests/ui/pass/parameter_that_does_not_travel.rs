use std::{marker::PhantomData, rc::Rc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number, whatever it is the number of.
struct Id<T>(u64, PhantomData<fn() -> T>);

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u64::deserialize(deserializer)?, PhantomData))
    }
}

#[redisrpc::service]
trait Store<T> {
    async fn next(&self, id: Id<T>) -> Id<T>;
}

struct Plain;

impl Store<Rc<u8>> for Plain {
    async fn next(&self, id: Id<Rc<u8>>) -> Id<Rc<u8>> {
        Id(id.0 + 1, PhantomData)
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://parameter_that_does_not_travel").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", StoreService::new(Plain)).run());
    let store: StoreClient<Rc<u8>> = StoreClient::new(&broker, "service");
    assert_eq!(store.next(Id(1, PhantomData)).await.unwrap().0, 2);
}
