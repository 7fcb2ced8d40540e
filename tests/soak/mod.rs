//! Minutes of calls of every kind while everything breaks that can: `tests/soak.sh`.
//!
//! What breaks, and when, follows from a seed that is printed. Servers are processes
//! of their own, which count in a Redis that nothing happens to.

mod book;
mod faults;

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redisrpc::{Broker, Server};
use redisrpc_test_support::{RedisServer, until};
use tokio::task::JoinSet;

use self::{
    book::Book,
    faults::{Fleet, Random},
};
use crate::{
    faults::ledger::{Counted, CountedClient, Kind},
    fixture::serve,
    recovery::worker::WorkClient,
};

/// How many call at a time, each one call after the other.
const CALLERS: u64 = 24;

/// How long the load runs before memory and descriptors are looked at.
const WARM_UP: Duration = Duration::from_secs(15);

/// Longest a call waits, but for those that wait for less.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What the process holds.
#[derive(Debug)]
struct Held {
    kilobytes: u64,
    descriptors: usize,
}

impl Held {
    fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        Self {
            kilobytes: resident.trim_end_matches("kB").trim().parse().unwrap(),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }

    /// Holds what there is at the end against this: the book takes its part.
    fn check(&self, end: &Self, calls: usize) {
        let most = self.kilobytes + 65_536 + calls as u64 / 2;
        assert!(end.kilobytes <= most, "memory grew: {self:?}, {end:?}");
        let most = self.descriptors + 16;
        assert!(end.descriptors <= most, "left open: {self:?}, {end:?}");
    }
}

/// Callers of both services, until they are told to end.
struct Callers {
    tasks: JoinSet<()>,
    end: Arc<AtomicBool>,
}

impl Callers {
    fn start(broker: &Broker, book: &Book, counted: &Counted, seed: u64) -> Self {
        let (mut tasks, end) = (JoinSet::new(), Arc::<AtomicBool>::default());
        for number in 0..CALLERS {
            let mut random = Random::new(seed ^ (number + 1).wrapping_mul(0x9e37_79b9));
            let (book, counted, end) = (book.clone(), counted.clone(), Arc::clone(&end));
            let work = WorkClient::new(broker, "work");
            let service = CountedClient::new(broker, "counted");
            tasks.spawn(async move {
                while !end.load(Ordering::SeqCst) {
                    if random.below(4) == 0 {
                        let kind = large_or_small(&mut random);
                        counted.call(&service, counted.next(), kind).await;
                    } else {
                        book.call(&work, &mut random).await;
                    }
                    tokio::time::sleep(Duration::from_millis(random.below(30))).await;
                }
            });
        }
        Self { tasks, end }
    }

    async fn end(mut self) {
        self.end.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

fn large_or_small(random: &mut Random) -> Kind {
    let length = [1, 1, 100, 200_000][usize::try_from(random.below(4)).unwrap()];
    Kind {
        request: length,
        reply: length,
        timeout: TIMEOUT,
        ..Kind::SMALL
    }
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    let number = env::var(name).map(|text| text.parse().expect("a whole number"));
    number.unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long; `tests/soak.sh` runs it"]
async fn calls_of_every_kind_outlive_everything_that_breaks() {
    let minutes = number("SOAK_MINUTES", 3);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let seed = number("SOAK_SEED", now.as_secs());
    println!("\nsoak: {minutes} minutes, seed {seed}");
    let redis = RedisServer::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let counts = RedisServer::start();
    let broker = Broker::connect(redis.url()).await.unwrap();
    let (book, counted) = (Book::default(), Counted::default());
    let serving = serve(Server::new(&broker, "counted", counted.clone()));
    let mut fleet = Fleet::start(redis, counts, seed);
    let callers = Callers::start(&broker, &book, &counted, seed);
    tokio::time::sleep(WARM_UP).await;
    let warm = Held::now();
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    while Instant::now() < end {
        fleet.breaks_something().await;
        let broken = Instant::now();
        flows(&book, &counted).await;
        fleet.longest = fleet.longest.max(broken.elapsed());
        fleet.old_caller_is_answered().await;
    }
    callers.end().await;
    let (redis, counts) = fleet.end().await;
    serving.stop().await;
    let calls = book.told() + counted.told();
    warm.check(&Held::now(), calls);
    nothing_stays(&redis).await;
    println!("{}", book.check(&counts));
    counted.check().unwrap();
}

/// Waits until calls of both services are answered.
async fn flows(book: &Book, counted: &Counted) {
    let before = (book.answered(), counted.answered());
    let flows = || book.answered() >= before.0 + 20 && counted.answered() >= before.1 + 5;
    assert!(until(flows).await, "calls are not answered");
}

/// No key but dead letters is left that has no expiry.
async fn nothing_stays(redis: &RedisServer) {
    let stays = || {
        let mut keys: Vec<String> = redis.ask("KEYS *");
        keys.retain(|key| !key.ends_with("}:dead"));
        keys.retain(|key| redis.ask::<i64>(&format!("PTTL {key}")) == -1);
        keys
    };
    assert!(until(|| stays().is_empty()).await, "{:?}", stays());
}
