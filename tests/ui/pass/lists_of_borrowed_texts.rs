use redisrpc::{Broker, Server};

struct Words;

#[redisrpc::service]
impl Words {
    pub async fn join(&self, words: &[&str], between: &str) -> String {
        std::future::ready(()).await;
        words.join(between)
    }

    pub fn longest(&self, words: Vec<&str>) -> Option<String> {
        words.into_iter().max_by_key(|word| word.len()).map(str::to_owned)
    }

    pub fn count(&self, words: Option<&[&str]>, #[rpc(default = ["a", "b"])] more: &[&str]) -> usize {
        words.map_or(0, <[_]>::len) + more.len()
    }

    pub fn total(&self, #[rpc(rest)] words: &[&str]) -> usize {
        words.iter().map(|word| word.len()).sum()
    }

    #[rpc(blocking)]
    pub fn print(&self, #[rpc(default)] words: &[&str], more: Option<&[&str]>) -> Result<String, String> {
        Ok(words.concat() + &more.unwrap_or_default().concat())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = Broker::connect("memory://lists_of_borrowed_texts").await.unwrap();
    tokio::spawn(Server::new(&broker, "service", Words).run());
    let words = WordsClient::new(&broker, "service");
    assert_eq!(words.join(&["a", "\"b\""], "\n").await.unwrap(), "a\n\"b\"");
    assert_eq!(words.longest(vec!["a", "bc"]).await.unwrap().as_deref(), Some("bc"));
    assert_eq!(words.count(Some(&["a"]), &[]).await.unwrap(), 1);
    assert_eq!(words.total(&["a", "bc"]).await.unwrap(), 3);
    assert_eq!(words.print(&["a"], Some(&["b"])).await.unwrap(), "ab");
    assert_eq!(words.client().call("count").returning::<usize>().await.unwrap(), 2);
    assert_eq!(words.client().call("print").returning::<String>().await.unwrap(), "");
}
