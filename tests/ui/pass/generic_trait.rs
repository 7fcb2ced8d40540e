use serde::{Serialize, de::DeserializeOwned};

#[redisrpc::service]
trait Store<K, V = String>
where
    K: Serialize + DeserializeOwned + Send + Sync,
    V: Serialize + DeserializeOwned + Send + Sync,
{
    async fn put(&mut self, key: K, value: V) -> Option<V>;
    async fn get(&self, key: &K) -> Option<V>;
}

struct Map(Vec<(u32, String)>);

impl Store<u32> for Map {
    async fn put(&mut self, key: u32, value: String) -> Option<String> {
        self.0.push((key, value));
        None
    }

    async fn get(&self, key: &u32) -> Option<String> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://generic_trait").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", StoreService::new(Map(Vec::new()))).run());
    let store: StoreClient<u32> = StoreClient::new(&broker, "service");
    assert_eq!(store.put(1, "one".to_owned()).await.unwrap(), None);
    assert_eq!(store.clone().get(&1).await.unwrap().as_deref(), Some("one"));
}
