// mistakes: 1

use serde::{Serialize, de::DeserializeOwned};

#[redisrpc::service]
pub trait Store<E: Serialize + DeserializeOwned + Send> {
    async fn get(&self) -> Result<u8, E>;

    fn put(&self, value: u8) -> Result<(), E>;
}

fn main() {}
