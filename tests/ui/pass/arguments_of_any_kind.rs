use redisrpc::Client;

struct Options;

#[redisrpc::service]
impl Options {
    pub fn with_defaults(
        &self,
        a: u64,
        #[rpc(default)] b: u8,
        #[rpc(default = 7)] c: u64,
        #[rpc(default = "text")] d: String,
        #[rpc(default = "lent")] e: &str,
        #[rpc(default = Some("maybe"))] f: Option<&str>,
        #[rpc(default = vec![1, 2])] g: &[u8],
        #[rpc(default)] h: &str,
        i: Option<bool>,
    ) -> String {
        format!("{a} {b} {c} {d} {e} {f:?} {g:?} {h:?} {i:?}")
    }

    #[rpc(named)]
    pub fn by_name(&self, #[rpc(name = "A", alias = "first")] a: i32, #[rpc(default = 2)] b: i32) -> i32 {
        a * 10 + b
    }

    pub fn sum(&self, start: i32, #[rpc(rest)] numbers: &[i32]) -> i32 {
        start + numbers.iter().sum::<i32>()
    }

    pub fn concat(&self, #[rpc(rest)] words: Vec<String>) -> String {
        words.concat()
    }

    pub fn unused(&self, _name: i32, mut number: i32) -> i32 {
        number += 1;
        number
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://arguments_of_any_kind").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Options).run());
    let raw = Client::new(&broker, "service");
    let text: String = raw.call("with_defaults").arg(1).returning().await.unwrap();
    assert_eq!(text, "1 0 7 text lent Some(\"maybe\") [1, 2] \"\" None");
    let text: String = raw.call("with_defaults").arg(1).named("e", "x").named("i", true).returning().await.unwrap();
    assert_eq!(text, "1 0 7 text x Some(\"maybe\") [1, 2] \"\" Some(true)");
    assert_eq!(raw.call("by_name").named("first", 3).returning::<i32>().await.unwrap(), 32);
    assert_eq!(raw.call("by_name").arg(3).named("b", 4).returning::<i32>().await.unwrap(), 34);

    let stub = OptionsClient::from(raw);
    assert_eq!(stub.by_name(1, 5).await.unwrap(), 15);
    assert_eq!(stub.sum(1, &[2, 3]).await.unwrap(), 6);
    assert_eq!(stub.sum(1, &[]).await.unwrap(), 1);
    assert_eq!(stub.concat(vec!["a".to_owned(), "b".to_owned()]).await.unwrap(), "ab");
    assert_eq!(stub.unused(1, 2).await.unwrap(), 3);
}
