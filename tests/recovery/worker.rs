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
        self.add_one(&mark).await;
        std::process::abort();
    }

    /// Counts, and returns at once.
    #[rpc(idempotent)]
    pub async fn quick(&self, mark: String) -> u64 {
        self.add_one(&mark).await
    }

    /// Counts, and returns after so long.
    pub async fn nap(&self, mark: String, millis: u64) -> u64 {
        let count = self.add_one(&mark).await;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        count
    }

    /// The same, and keeps its thread busy meanwhile, as no method should.
    pub async fn hog(&self, mark: String, millis: u64) -> u64 {
        let count = self.add_one(&mark).await;
        std::thread::sleep(Duration::from_millis(millis));
        count
    }
}

impl Work {
    pub async fn new(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self {
            redis: client.get_multiplexed_async_connection().await.unwrap(),
        }
    }

    async fn add_one(&self, mark: &str) -> u64 {
        let mut redis = self.redis.clone();
        let mut count = redis::cmd("INCR");
        count.arg(mark).query_async(&mut redis).await.unwrap()
    }

    async fn count(&self, mark: String) -> u64 {
        let mut redis = self.redis.clone();
        let count = self.add_one(&mark).await;
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
pub async fn server(broker: &Broker, url: &str) -> Server {
    Server::new(broker, "work", Work::new(url).await).recovery_time(RECOVERY)
}

/// A worker in a process of its own.
pub fn worker(redis: &RedisServer, delivery: &str) -> Process {
    worker_with(redis, delivery, RECOVERY)
}

/// A worker that has this time to be answered for.
pub fn worker_with(redis: &RedisServer, delivery: &str, recovery: Duration) -> Process {
    worker_at(&redis.url(), redis, delivery, recovery)
}

/// A worker at another broker than the Redis that it counts in.
pub fn worker_at(
    broker: &str,
    counts: &RedisServer,
    delivery: &str,
    recovery: Duration,
) -> Process {
    let mut command: Command = command(env::current_exe().unwrap());
    command.args([
        "--exact",
        "recovery::worker::serves",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env("WORK_AT", broker)
        .env("WORK_COUNTS", counts.url())
        .env("WORK_DELIVERY", delivery)
        .env("WORK_RECOVERY", recovery.as_secs().to_string());
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
    let recovery = env::var("WORK_RECOVERY").map(|seconds| seconds.parse());
    let recovery = Duration::from_secs(recovery.unwrap().unwrap());
    let broker = Broker::connect(&url).await.unwrap();
    let counts = env::var("WORK_COUNTS").unwrap();
    let server = server(&broker, &counts).await.delivery(delivery);
    let server = server.recovery_time(recovery);
    println!("\nworking");
    server.run_until(redisrpc::terminated()).await.unwrap();
}
