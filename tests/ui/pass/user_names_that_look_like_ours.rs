struct Service;

#[redisrpc::service]
impl Service {
    pub fn dispatch(&self, request: u8, cell: u8) -> u8 {
        request + cell
    }

    pub fn into_cell(&self, __call: u8) -> u8 {
        __call
    }

    pub fn add(&self, __arguments: u8, __request: u8, __cell: u8, __output: u8) -> u8 {
        __arguments + __request + __cell + __output
    }

    pub fn fmt(&self) -> u8 {
        1
    }

    pub fn call(&self, call: u8, index: u8) -> u8 {
        call + index
    }

    pub fn broker(&self, broker: u8, queue: u8) -> u8 {
        broker + queue
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://user_names_that_look_like_ours").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Service).run());
    let client = ServiceClient::new(&broker, "service");
    assert_eq!(client.dispatch(1, 2).await.unwrap(), 3);
    assert_eq!(client.into_cell(1).await.unwrap(), 1);
    assert_eq!(client.add(1, 2, 3, 4).await.unwrap(), 10);
    assert_eq!(client.fmt().await.unwrap(), 1);
    assert_eq!(client.call(1, 2).await.unwrap(), 3);
    assert_eq!(client.broker(1, 2).await.unwrap(), 3);
}
