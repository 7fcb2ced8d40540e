//! Calling a service of which this program has no definition.
//!
//! Run it with `cargo run --example dynamic`; it needs no Redis. It asks a service
//! what it can do, calls all of it, and prints the answers: as JSON, or as the type
//! that is asked for. With `REDIS_URL` and `QUEUE` it asks one of yours instead,
//! and calls nothing.

use redisrpc::{Broker, Client, Error, Server};
use serde::Deserialize;

/// Somebody else's: this program knows its name only.
mod elsewhere {
    use serde::Serialize;

    pub struct Atlas;

    #[derive(Serialize, serde::Deserialize)]
    pub struct City {
        name: String,
        people: u64,
    }

    #[redisrpc::service]
    impl Atlas {
        /// The largest city of a country.
        pub fn largest(&self, country: String) -> Option<City> {
            let [name, people] = ["Oslo", "717710"].map(str::to_owned);
            let people = people.parse().ok()?;
            (country == "Norway").then_some(City { name, people })
        }
    }
}

/// As much of the answer as this program wants to know.
#[derive(Debug, Deserialize)]
struct Name {
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://dynamic".to_owned());
    let broker = Broker::connect(&url).await?;
    if let Ok(queue) = std::env::var("QUEUE") {
        return describe(&Client::new(&broker, queue)).await;
    }
    tokio::spawn(Server::new(&broker, "atlas", elsewhere::Atlas).run());

    let atlas = Client::new(&broker, "atlas");
    describe(&atlas).await?;

    let json = atlas.call("largest").arg("Norway").await?;
    println!("as JSON: {json}");
    let largest = atlas.call("largest").named("country", "Norway");
    let city = largest.returning::<Option<Name>>().await?;
    println!("typed: {}", city.map_or_else(String::new, |city| city.name));
    match atlas.call("smallest").arg("Norway").await {
        Err(error) => println!("wrong: {error}"),
        Ok(value) => println!("{value}"),
    }
    Ok(())
}

/// Prints what a service can do, as one would write it.
async fn describe(client: &Client) -> Result<(), Error> {
    let contract = client.describe().await?;
    println!("{} on queue `{}`:", contract.service, client.queue());
    for method in contract.methods {
        println!("  {method}");
    }
    Ok(())
}
