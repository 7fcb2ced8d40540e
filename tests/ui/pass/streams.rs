//! Methods that return streams, written in every way.

#![allow(dead_code)]

use futures_util::stream;
use redisrpc::{Broker, Server, Stream};
use serde::{Serialize, de::DeserializeOwned};

#[redisrpc::service]
trait Feed<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> {
    /// Without a word on threads.
    fn plain(&self, end: usize) -> impl Stream<Item = T>;

    fn promised(&self, text: &str) -> impl futures_util::Stream<Item = String> + Send;

    async fn opened(&self) -> impl Stream<Item = Result<T, String>>;

    /// With a body.
    fn twice(&self, end: usize) -> impl Stream<Item = T> {
        stream::StreamExt::chain(self.plain(end), self.plain(end))
    }

    #[rpc(skip)]
    fn local(&self) -> impl Iterator<Item = u8> {
        [1].into_iter()
    }
}

struct Fixed<T>(Vec<T>);

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Feed<T> for Fixed<T> {
    fn plain(&self, end: usize) -> impl Stream<Item = T> {
        stream::iter(self.0.iter().take(end).cloned())
    }

    fn promised(&self, text: &str) -> impl Stream<Item = String> {
        stream::iter([text.to_owned()])
    }

    async fn opened(&self) -> impl Stream<Item = Result<T, String>> {
        let items = self.0.clone().into_iter().map(Ok);
        stream::iter(items.chain([Err("no more".to_owned())]))
    }
}

struct Texts;

#[redisrpc::service]
impl Texts {
    pub async fn letters(&self, text: String) -> impl Stream<Item = char> + use<> {
        stream::iter(text.chars().collect::<Vec<_>>())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let redis = Broker::connect("memory://ui-streams").await.unwrap();
    tokio::spawn(Server::new(&redis, "feed", FeedService::new(Fixed(vec![1, 2, 3]))).run());
    let feed = FeedClient::<u8>::new(&redis, "feed");
    assert_eq!(feed.plain(2).all().await.unwrap(), [1, 2]);
    assert_eq!(feed.twice(1).all().await.unwrap(), [1, 1]);
    assert_eq!(feed.promised("x").all().await.unwrap(), ["x"]);
    let error = feed.opened().all().await.unwrap_err();
    assert_eq!(error.to_string(), "no more");

    tokio::spawn(Server::new(&redis, "texts", Texts).run());
    let letters = TextsClient::new(&redis, "texts").letters("ab".to_owned());
    assert_eq!(letters.all().await.unwrap(), ['a', 'b']);
}
