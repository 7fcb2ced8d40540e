// mistakes: 3

pub struct Greeter(pub String);

#[redisrpc::service]
impl Greeter {
    pub async fn name(&self) -> &str {
        &self.0
    }

    pub async fn rename(&self, (first, last): (String, String), count: impl Into<u8>) {
        drop((first, last, count.into()));
    }
}

pub async fn called(greeter: &GreeterClient) -> usize {
    greeter.rename(("a".into(), "b".into()), 3).await.unwrap();
    let name = greeter.name().await.unwrap();
    println!("{}", name.trim());
    name.len()
}

fn main() {}
