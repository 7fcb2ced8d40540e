#![deny(warnings)]
//! Default bodies that end in different ways.

/// Greets.
#[redisrpc::service]
pub trait Greeter {
    /// Returns early.
    async fn early(&self, now: bool) {
        if now {
            return;
        }
        println!("late");
    }

    /// Never returns.
    async fn never(&self) -> u8 {
        panic!("not today")
    }

    /// Fails with `?`, and has an attribute inside.
    async fn fails(&self, name: &'_ str) -> Result<String, String> {
        #![allow(unused_variables)]
        Err("no".to_owned())?;
        Ok(name.to_owned())
    }

    /// Loops.
    async fn loops(&mut self) -> Vec<u8> {
        loop {
            return vec![1];
        }
    }

    /// Stays here, and returns what cannot travel.
    #[rpc(skip)]
    async fn local(&self) -> impl Iterator<Item = u8> + Send {
        [1].into_iter()
    }
}

struct Plain;

impl Greeter for Plain {}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let broker = redisrpc::Broker::connect("memory://default_bodies_of_every_kind").await.unwrap();
    tokio::spawn(redisrpc::Server::new(&broker, "greeter", GreeterService::new(Plain)).run());
    let greeter = GreeterClient::new(&broker, "greeter");
    greeter.early(true).await.unwrap();
    assert!(greeter.never().await.is_err());
    let failed = greeter.fails("ada").await;
    assert!(matches!(failed, Err(redisrpc::CallError::Service(text)) if text == "no"));
    assert_eq!(greeter.loops().await.unwrap(), [1]);
    assert_eq!(Plain.local().await.sum::<u8>(), 1);
}
