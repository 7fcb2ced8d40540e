// mistakes: 1

#[redisrpc::service]
pub trait Store<V> {
    async fn put(&self, value: V);
}

fn main() {}
