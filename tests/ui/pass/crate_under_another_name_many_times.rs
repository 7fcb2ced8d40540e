#![no_implicit_prelude]
#![deny(missing_docs, unreachable_pub, unused, nonstandard_style, unnameable_types)]
#![deny(unused_qualifications, rust_2018_idioms)]
//! A crate that has redisrpc under another name.

mod reexport {
    pub(crate) use ::redisrpc as inner;
}

use ::std::assert_eq;
use ::std::result::Result;
use ::std::string::String;

use crate::crate_under_another_name_many_times::reexport::inner;

#[inner::service(crate = inner)]
trait Calculator {
    async fn add(&self, number: f64) -> Result<f64, String>;
}

#[inner::service(crate = crate::crate_under_another_name_many_times::reexport::inner, client = impl)]
trait Adder {
    async fn add(&self, number: f64) -> Result<f64, inner::Error>;
}

macro_rules! counted {
    ($path:path, $name:ident) => {
        #[inner::service(crate = $path)]
        trait $name {
            fn next(&self) -> u64;
        }

        impl $name for Plain {
            fn next(&self) -> u64 {
                1
            }
        }
    };
}

struct Plain;

counted!(::redisrpc, One);
counted!(self::reexport::inner, Two);

impl Calculator for Plain {
    async fn add(&self, number: f64) -> Result<f64, String> {
        Result::Ok(number)
    }
}

impl Adder for Plain {
    async fn add(&self, number: f64) -> Result<f64, inner::Error> {
        Result::Ok(number)
    }
}

#[::tokio::main(flavor = "current_thread", crate = "::tokio")]
pub(crate) async fn main() {
    struct Local;

    #[inner::service(crate = inner)]
    impl Local {
        #[rpc]
        fn get(&self) -> u8 {
            2
        }
    }

    let broker = inner::Broker::connect("memory://crate_many_times");
    let broker = broker.await.unwrap();
    ::tokio::spawn(inner::Server::new(&broker, "a", CalculatorService::new(Plain)).run());
    ::tokio::spawn(inner::Server::new(&broker, "b", AdderService::new(Plain)).run());
    ::tokio::spawn(inner::Server::new(&broker, "c", OneService::new(Plain)).run());
    ::tokio::spawn(inner::Server::new(&broker, "d", TwoService::new(Plain)).run());
    ::tokio::spawn(inner::Server::new(&broker, "e", Local).run());
    assert_eq!(CalculatorClient::new(&broker, "a").add(1.0).await.unwrap(), 1.0);
    assert_eq!(Adder::add(&AdderClient::new(&broker, "b"), 1.0).await.unwrap(), 1.0);
    assert_eq!(OneClient::new(&broker, "c").next().await.unwrap(), 1);
    assert_eq!(TwoClient::new(&broker, "d").next().await.unwrap(), 1);
    assert_eq!(LocalClient::new(&broker, "e").get().await.unwrap(), 2);
}
