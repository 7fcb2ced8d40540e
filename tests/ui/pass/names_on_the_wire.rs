struct Names;

#[redisrpc::service(rename_all = "camelCase")]
impl Names {
    pub fn add_up(&self, first_number: i32) -> i32 {
        first_number
    }

    #[rpc(name = "other.name", alias = "alias_1", alias = "alias-2")]
    pub fn named_otherwise(&self) -> bool {
        true
    }

    pub fn r#match(&self, r#type: i32) -> i32 {
        r#type
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://names_on_the_wire").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Names).run());
    let raw = redisrpc::Client::new(&broker, "service");
    assert_eq!(raw.call("addUp").named("firstNumber", 4).returning::<i32>().await.unwrap(), 4);
    for name in ["other.name", "alias_1", "alias-2"] {
        assert!(raw.call(name).returning::<bool>().await.unwrap());
    }
    assert_eq!(raw.call("match").named("type", 3).returning::<i32>().await.unwrap(), 3);
    let names = NamesClient::new(&broker, "service");
    assert_eq!(names.add_up(1).await.unwrap(), 1);
    assert!(names.named_otherwise().await.unwrap());
    assert_eq!(names.r#match(2).await.unwrap(), 2);
}
