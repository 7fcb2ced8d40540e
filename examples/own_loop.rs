//! Serving and calling from a loop of one's own: a game's, a simulation's.
//!
//! Run it with `cargo run --example own_loop`; it needs no Redis. Nothing in it
//! waits: each turn of the loop serves what is queued and looks whether an answer
//! has come. It prints how that went.

use std::time::Duration;

use redisrpc::{Broker, Error, Server};

#[derive(Default)]
struct World {
    turns: u64,
}

#[redisrpc::service]
impl World {
    /// Lets time pass.
    pub fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://own-loop".to_owned());
    // No connection that blocks: one for everything, looked at every millisecond.
    let broker = Broker::connect(&url).await?;
    let broker = broker.polling(Duration::from_millis(1));

    let mut server = Server::new(&broker, "world", World::default()).stepped()?;
    let world = WorldClient::new(&broker, "world");

    let mut served = 0;
    let mut call = world.turn().into_future();
    loop {
        served += server.step().await?;
        // `None` is "not yet".
        if let Some(turns) = call.try_get() {
            let turns = turns?;
            println!("turn {turns}, {served} served");
            if turns == 3 {
                return Ok(());
            }
            call = world.turn().into_future();
        }
        // Here the program draws its picture; the broker's tasks run meanwhile.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
