use serde::{Serialize, de::DeserializeOwned};

struct Stack<T, const N: usize> {
    values: Vec<T>,
}

#[redisrpc::service]
impl<T, const N: usize> Stack<T, N>
where
    T: Serialize + DeserializeOwned + Clone + Send + 'static,
{
    pub fn push(&mut self, value: T) -> bool {
        self.values.push(value);
        self.values.len() <= N
    }

    pub async fn pop(&mut self) -> Option<T> {
        self.values.pop()
    }

    pub fn swap(&mut self, mut other: Vec<T>) -> Vec<T> {
        std::mem::swap(&mut self.values, &mut other);
        other
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://generic_impl").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "service", Stack::<String, 1> { values: Vec::new() }).run());
    let stack: StackClient<String, 1> = StackClient::new(&broker, "service");
    assert!(stack.push("a".to_owned()).await.unwrap());
    assert!(!stack.push("b".to_owned()).await.unwrap());
    assert_eq!(stack.pop().await.unwrap().as_deref(), Some("b"));
    assert_eq!(stack.swap(vec![]).await.unwrap(), ["a"]);
}
