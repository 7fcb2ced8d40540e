//! Byte strings, and lists of many numbers.
//!
//! Run it with `cargo run --example payloads`; it needs no Redis, and goes through the one
//! that `REDIS_URL` names. It prints what is stored and read back, what a peer in another
//! language sees of it, and a mean.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use redisrpc::{Blob, Broker, Server};
use serde::{Deserialize, Serialize};

/// A picture: as a field, any type that has bytes can be a byte string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Picture {
    title: String,
    #[serde(with = "redisrpc::blob")]
    png: Vec<u8>,
}

#[derive(Default)]
struct Album {
    pictures: Mutex<BTreeMap<String, Picture>>,
}

#[redisrpc::service]
impl Album {
    /// Keeps a picture; returns its size.
    pub fn store(&self, title: &str, png: Blob) -> usize {
        let picture = Picture {
            title: title.to_owned(),
            png: png.to_vec(),
        };
        let mut pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.insert(picture.title.clone(), picture);
        png.len()
    }

    /// The picture of this title.
    pub fn load(&self, title: &str) -> Option<Picture> {
        let pictures = self.pictures.lock().unwrap_or_else(PoisonError::into_inner);
        pictures.get(title).cloned()
    }

    /// The mean brightness of so many pixels.
    pub fn mean(&self, pixels: &[f32]) -> f32 {
        pixels.iter().sum::<f32>() / pixels.len() as f32
    }
}

#[tokio::main]
async fn main() -> Result<(), redisrpc::Error> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://payloads".to_owned());
    let redis = Broker::connect(url).await?;
    tokio::spawn(Server::new(&redis, "album", Album::default()).run());
    let album = AlbumClient::new(&redis, "album");

    let png = Blob::from(b"\x89PNG\r\n\x1a\n");
    println!("stored {} bytes", album.store("dot", png).await?);
    println!("{:?}", album.load("dot").await?);

    // Peers in other languages read and write base64.
    println!("{}", album.client().call("load").arg("dot").await?);

    // A hundred thousand numbers: in MessagePack where both sides have the feature, and
    // nothing else is to be said or done.
    let pixels: Vec<f32> = (0..100_000).map(|it| (it % 2) as f32).collect();
    println!("{}", album.mean(&pixels).await?);
    Ok(())
}
