//! A server in a process of its own, to be killed: this test binary, told to run
//! one test that serves.

use std::{env, process::Command, time::Duration};

use redisrpc::{Broker, Delivery, Server};
use redisrpc_test_support::RedisServer;

use crate::process::{Process, command};

/// As short as it may be, for tests wait for it.
pub const RECOVERY: Duration = Duration::from_secs(2);

/// Work that is counted in Redis, so that the counts outlive the worker.
#[derive(Debug)]
pub struct Work {
    redis: redis::aio::MultiplexedConnection,
}

#[redisrpc::service]
impl Work {
    /// Counts, and returns when `<mark>:end` holds something.
    pub async fn once(&self, mark: String) -> u64 {
        self.count(mark).await
    }

    /// The same, but may run more than once.
    #[rpc(idempotent)]
    pub async fn often(&self, mark: String) -> u64 {
        self.count(mark).await
    }

    /// Counts, and ends its server.
    #[rpc(idempotent)]
    pub async fn poison(&self, mark: String) -> u64 {
        let mut redis = self.redis.clone();
        let _: u64 = redis::cmd("INCR")
            .arg(mark)
            .query_async(&mut redis)
            .await
            .unwrap();
        std::process::abort();
    }

    /// Counts, and returns at once.
    #[rpc(idempotent)]
    pub async fn quick(&self, mark: String) -> u64 {
        let mut redis = self.redis.clone();
        redis::cmd("INCR")
            .arg(mark)
            .query_async(&mut redis)
            .await
            .unwrap()
    }
}

impl Work {
    pub async fn new(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self {
            redis: client.get_multiplexed_async_connection().await.unwrap(),
        }
    }

    async fn count(&self, mark: String) -> u64 {
        let mut redis = self.redis.clone();
        let mut count = redis::cmd("INCR");
        let count = count.arg(&mark).query_async(&mut redis).await.unwrap();
        let end = format!("{mark}:end");
        while redis::cmd("EXISTS")
            .arg(&end)
            .query_async::<u64>(&mut redis)
            .await
            == Ok(0)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        count
    }
}

/// A server of [`Work`] as all these tests have it.
pub async fn server(broker: &Broker, url: &str) -> Server<Work> {
    Server::new(broker, "work", Work::new(url).await).recovery_time(RECOVERY)
}

/// A worker in a process of its own.
pub fn worker(redis: &RedisServer, delivery: &str) -> Process {
    let mut command: Command = command(env::current_exe().unwrap());
    command.args([
        "--exact",
        "recovery::worker::serves",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env("WORK_AT", redis.url())
        .env("WORK_DELIVERY", delivery);
    Process::start(&mut command).prints("working")
}

#[tokio::test]
#[ignore = "a worker for other tests, which start it"]
async fn serves() {
    let (Ok(url), Ok(delivery)) = (env::var("WORK_AT"), env::var("WORK_DELIVERY")) else {
        panic!("it serves the tests that start it");
    };
    let delivery = match &*delivery {
        "at most once" => Delivery::AtMostOnce,
        _ => Delivery::Reported,
    };
    let broker = Broker::connect(&url).await.unwrap();
    let server = server(&broker, &url).await.delivery(delivery);
    println!("\nworking");
    server.run_until(redisrpc::terminated()).await.unwrap();
}
