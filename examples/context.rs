//! What a method may know of the call it runs for, and how calls it makes end with it.
//!
//! Run it with `cargo run --example context`; it needs no Redis. It prints what a
//! search finds within its time, and how a call ends that another call is made for.

use std::time::Duration;

use redisrpc::{Broker, Context, Server};

struct Library;

#[redisrpc::service]
impl Library {
    /// Looks at shelf after shelf for as long as the caller waits; callers do not see
    /// `context`. One who waits for ever is told of three shelves.
    pub async fn search(&self, context: &Context, title: String) -> Vec<String> {
        let enough = Duration::from_millis(500);
        let mut found = Vec::new();
        while found.len() < 3 && context.remaining().is_none_or(|left| left > enough) {
            found.push(format!("{title} on shelf {}", found.len() + 1));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        found
    }

    /// Takes its time.
    pub async fn restore(&self, title: String) -> String {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        title
    }
}

struct Desk {
    library: LibraryClient,
}

#[redisrpc::service]
impl Desk {
    /// Asks the library, and waits no longer than its own caller does.
    pub async fn ask(&self, title: String) -> Result<String, redisrpc::Error> {
        let call = self.library.restore(title).timeout(Duration::from_secs(60));
        Ok(call.await?)
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://context".to_owned());
    let broker = Broker::connect(&url).await?;
    let library = LibraryClient::new(&broker, "library");
    tokio::spawn(Server::new(&broker, "library", Library).run());
    let desk = Desk {
        library: library.clone(),
    };
    tokio::spawn(Server::new(&broker, "desk", desk).run());

    println!("found: {:?}", library.search("Emma".into()).await?);
    let hurried = library
        .search("Emma".into())
        .timeout(Duration::from_millis(400));
    println!("in a hurry: {:?}", hurried.await?);

    let desk = DeskClient::new(&broker, "desk");
    let asked = desk.ask("Emma".into()).timeout(Duration::from_millis(100));
    // The desk's own call, which cannot take longer, may be the first to say so.
    println!("asked in vain: {}", asked.await.is_err());
    Ok(())
}
