use redisrpc::{Broker, Client, Server};

#[redisrpc::service]
trait Many {
    async fn m1(&self) -> u8;
    async fn m2(&self) -> u8;
    async fn m3(&self) -> u8;
    async fn m4(&self) -> u8;
    async fn m5(&self) -> u8;
    async fn m6(&self) -> u8;
    async fn m7(&self) -> u8;
    async fn m8(&self) -> u8;
    async fn m9(&self) -> u8;
    async fn m10(&self) -> u8;
    async fn m11(&self) -> u8;
    async fn m12(&self) -> u8;
    async fn m13(&self) -> u8;
    async fn m14(&self) -> u8;
    async fn m15(&self) -> u8;
    async fn m16(&self) -> u8;

    #[rpc(name = "seventeen", alias = "dix-sept")]
    async fn m17(&mut self, #[rpc(default = 1)] step: u8) -> u8;

    #[rpc(blocking)]
    fn m18(&self) -> Result<u8, String>;

    #[cfg(any())]
    fn m19(&self, gone: Gone);

    fn m20(&self, #[cfg(any())] gone: Gone, text: &str) -> usize;
}

struct Numbers(u8);

impl Many for Numbers {
    async fn m1(&self) -> u8 {
        1
    }

    async fn m2(&self) -> u8 {
        2
    }

    async fn m3(&self) -> u8 {
        3
    }

    async fn m4(&self) -> u8 {
        4
    }

    async fn m5(&self) -> u8 {
        5
    }

    async fn m6(&self) -> u8 {
        6
    }

    async fn m7(&self) -> u8 {
        7
    }

    async fn m8(&self) -> u8 {
        8
    }

    async fn m9(&self) -> u8 {
        9
    }

    async fn m10(&self) -> u8 {
        10
    }

    async fn m11(&self) -> u8 {
        11
    }

    async fn m12(&self) -> u8 {
        12
    }

    async fn m13(&self) -> u8 {
        13
    }

    async fn m14(&self) -> u8 {
        14
    }

    async fn m15(&self) -> u8 {
        15
    }

    async fn m16(&self) -> u8 {
        16
    }

    async fn m17(&mut self, step: u8) -> u8 {
        self.0 += step;
        self.0
    }

    fn m18(&self) -> Result<u8, String> {
        Err(self.0.to_string())
    }

    fn m20(&self, text: &str) -> usize {
        text.len()
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = Broker::connect("memory://many_methods_of_a_trait").await.unwrap();
    tokio::spawn(Server::new(&broker, "service", ManyService::new(Numbers(16))).run());
    let many = ManyClient::new(&broker, "service");
    assert_eq!((many.m1().await.unwrap(), many.m16().await.unwrap()), (1, 16));
    assert_eq!(many.m17(1).await.unwrap(), 17);
    assert_eq!(many.m18().await.unwrap_err().to_string(), "17");
    assert_eq!(many.m20("four").await.unwrap(), 4);
    let raw = Client::new(&broker, "service");
    assert_eq!(raw.call("dix-sept").returning::<u8>().await.unwrap(), 18);
    assert!(raw.call("m17").returning::<u8>().await.is_err());
}
