// mistakes: 2

pub struct Store<K, V>(Vec<(K, V)>);

#[redisrpc::service]
impl<K: Clone, V> Store<K, V>
where
    K: PartialEq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub async fn get(&self, key: &K) -> Option<V> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone())
    }

    pub async fn put(&mut self, key: K, value: V) -> Result<V, String> {
        self.0.push((key, value.clone()));
        Ok(value)
    }
}

fn main() {
    let served = |broker| redisrpc::Server::new(broker, "store", Store(vec![(1, 'a')]));
    let client = |broker| StoreClient::<u32, char>::new(broker, "store").put(1, 'a');
    let _ = (served, client);
}
