use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Many<K>(u32, K);

#[redisrpc::service]
impl<K> Many<K>
where
    K: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    pub fn m0(&self, value: u32) -> u32 {
        value + 0
    }

    pub fn m1(&self, value: u32) -> u32 {
        value + 1
    }

    pub fn m2(&self, value: u32) -> u32 {
        value + 2
    }

    pub fn m3(&self, value: u32) -> u32 {
        value + 3
    }

    pub fn m4(&self, value: u32) -> u32 {
        value + 4
    }

    #[cfg(any())]
    pub fn absent(&self, gone: Gone) -> Gone {
        gone
    }

    pub fn m5(&self, value: u32) -> u32 {
        value + 5
    }

    pub fn m6(&self, value: u32) -> u32 {
        value + 6
    }

    pub fn m7(&self, value: u32) -> u32 {
        value + 7
    }

    pub fn m8(&self, value: u32) -> u32 {
        value + 8
    }

    pub fn m9(&self, value: u32) -> u32 {
        value + 9
    }

    pub fn m10(&self, value: u32) -> u32 {
        value + 10
    }

    pub fn m11(&self, value: u32) -> u32 {
        value + 11
    }

    pub fn m12(&self, value: u32) -> u32 {
        value + 12
    }

    pub fn m13(&self, value: u32) -> u32 {
        value + 13
    }

    pub fn m14(&self, value: u32) -> u32 {
        value + 14
    }

    pub fn m15(&self, value: u32) -> u32 {
        value + 15
    }

    pub fn m16(&self, value: u32) -> u32 {
        value + 16
    }

    pub fn m17(&self, value: u32) -> u32 {
        value + 17
    }

    pub fn m18(&self, value: u32) -> u32 {
        value + 18
    }

    #[rpc(alias = "other")]
    pub async fn same(&self, value: &Self) -> Self {
        value.clone()
    }

    pub fn m19(&self, value: u32) -> u32 {
        value + 19
    }

    pub fn m20(&self, value: u32) -> u32 {
        value + 20
    }

    pub fn m21(&self, value: u32) -> u32 {
        value + 21
    }

    pub fn m22(&self, value: u32) -> u32 {
        value + 22
    }

    pub fn m23(&self, value: u32) -> u32 {
        value + 23
    }

    pub fn m24(&self, value: u32) -> u32 {
        value + 24
    }

    pub fn m25(&self, value: u32) -> u32 {
        value + 25
    }

    pub fn m26(&self, value: u32) -> u32 {
        value + 26
    }

    pub fn m27(&self, value: u32) -> u32 {
        value + 27
    }

    pub fn m28(&self, value: u32) -> u32 {
        value + 28
    }

    pub fn m29(&self, value: u32) -> u32 {
        value + 29
    }

    pub fn exclusive(&mut self, text: &str) -> K {
        self.0 += u32::try_from(text.len()).unwrap();
        K::default()
    }

    #[rpc(blocking)]
    pub fn blocking(&self) -> u32 {
        self.0
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://many_methods").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Many(0, 'a')).run());
    let many: ManyClient<char> = ManyClient::new(&broker, "service");
    assert_eq!(many.m0(1).await.unwrap(), 1);
    assert_eq!(many.m15(1).await.unwrap(), 16);
    assert_eq!(many.m16(1).await.unwrap(), 17);
    assert_eq!(many.m29(1).await.unwrap(), 30);
    assert_eq!(many.same(&Many(1, 'b')).await.unwrap().1, 'b');
    assert_eq!(many.exclusive("four").await.unwrap(), '\0');
    assert_eq!(many.blocking().await.unwrap(), 4);
    let client = redisrpc::Client::new(&broker, "service");
    let other = client.call("other").arg(Many(2, 'c')).returning::<Many<char>>();
    assert_eq!(other.await.unwrap().0, 2);
    let error = client.call("absent").await.unwrap_err();
    assert!(error.to_string().contains("has no method `absent`"), "{error}");
}
