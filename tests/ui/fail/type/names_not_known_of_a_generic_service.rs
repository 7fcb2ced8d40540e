// mistakes: 5

use serde::{Serialize, de::DeserializeOwned};

pub struct Store<V>(pub V);

#[redisrpc::service]
impl<V: Serialize + DeserializeOwned + Send + Sync + 'static> Store<V> {
    pub async fn put(&self, value: V, more: Option<Mor>) -> Result<Vec<Valu>, Eror> {
        todo!()
    }
}

#[redisrpc::service]
pub trait Table<K, V: Serialize + DeserializeOwned + Send>
where
    K: Serialize + DeserializeOwned + Send,
{
    async fn get(&self, key: K, more: Option<Mor>) -> Vec<Valu>;
    async fn set(&self, value: V);
}

fn main() {}
