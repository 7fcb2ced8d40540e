// mistakes: 1

use std::borrow::Cow;

#[redisrpc::service]
pub trait Greeter {
    fn greet<'a>(&'a self, name: &'a str, title: Option<&'a str>, rest: Vec<&'a str>) -> u8;

    fn part(&self, name: &'_ str, title: Cow<'_, str>);
}

pub fn called(client: &GreeterClient, name: &str) -> redisrpc::Call<u8> {
    client.greet(name, None, vec![])
}

fn main() {}
