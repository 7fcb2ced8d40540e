//! What breaks: servers, Redis, and the way to it.

use std::time::{Duration, Instant};

use redis::cmd;
use redisrpc_test_support::{RedisServer, until};
use tokio::task::block_in_place;

use crate::{process::Process, recovery::worker::worker_at};

/// Servers at a time.
const SERVERS: usize = 4;

/// Long enough that a busy machine kills nobody, short enough to be seen.
const RECOVERY: Duration = Duration::from_secs(6);

/// Numbers that follow from a seed (xorshift).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Nothing follows from zero.
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % end
    }
}

/// The servers, the Redis they serve through, and the one they count in.
pub struct Fleet {
    redis: RedisServer,
    counts: RedisServer,
    servers: Vec<Process>,
    random: Random,
    started: Instant,
    faults: usize,
    old_callers: usize,
    /// The longest time from a fault until calls were answered.
    pub longest: Duration,
}

impl Fleet {
    pub fn start(redis: RedisServer, counts: RedisServer, seed: u64) -> Self {
        let mut fleet = Self {
            redis,
            counts,
            servers: Vec::new(),
            random: Random::new(seed),
            started: Instant::now(),
            faults: 0,
            old_callers: 0,
            longest: Duration::ZERO,
        };
        for _ in 0..SERVERS {
            fleet.one_more();
        }
        fleet
    }

    /// Starts a server: one of four delivers at most once.
    fn one_more(&mut self) {
        let delivery = match self.random.below(4) {
            0 => "at most once",
            _ => "reported",
        };
        let url = self.redis.url();
        let server = block_in_place(|| worker_at(&url, &self.counts, delivery, RECOVERY));
        self.servers.push(server);
    }

    /// One of them, which is none of them any more.
    fn one(&mut self) -> Process {
        let one = self.random.below(self.servers.len() as u64);
        self.servers.swap_remove(usize::try_from(one).unwrap())
    }

    pub async fn breaks_something(&mut self) {
        let pause = Duration::from_millis(200 + self.random.below(2000));
        tokio::time::sleep(pause).await;
        self.faults += 1;
        let what = self.random.below(7);
        let seconds = self.started.elapsed().as_secs();
        println!("[{seconds} s] {}", NAMES[usize::try_from(what).unwrap()]);
        match what {
            0 => {
                self.one().signal("KILL");
                self.one_more();
            }
            1 => {
                let server = self.one();
                server.signal("TERM");
                let ended = block_in_place(|| server.ends());
                assert_eq!(ended.code, Some(0), "{ended:?}");
                self.one_more();
            }
            2 => {
                let _: i64 = self.redis.ask("CLIENT KILL TYPE normal SKIPME yes");
            }
            3 => self.redis.tell("CLIENT PAUSE 700 ALL"),
            4 => {
                self.redis.kill();
                block_in_place(|| self.redis.restart());
            }
            5 => {
                self.redis.tell("CONFIG SET maxmemory 1");
                tokio::time::sleep(Duration::from_millis(1500)).await;
                self.redis.tell("CONFIG SET maxmemory 0");
            }
            _ => {
                // Half of them at once, and Redis with them.
                for _ in 0..SERVERS / 2 {
                    self.one().signal("KILL");
                }
                self.redis.kill();
                block_in_place(|| self.redis.restart());
                for _ in 0..SERVERS / 2 {
                    self.one_more();
                }
            }
        }
    }

    /// An old caller pushes a request, and finds the reply in the list that it named.
    pub async fn old_caller_is_answered(&mut self) {
        self.old_callers += 1;
        let mark = format!("old{}", self.old_callers);
        let request = format!(
            r#"{{"function_call":{{"name":"quick","args":["{mark}"]}},"response_queue":"work:rpc:{mark}"}}"#
        );
        let mut peer = self.redis.connection();
        let mut push = cmd("RPUSH");
        let _: u64 = push.arg(&["work", &request]).query(&mut peer).unwrap();
        let replies = || {
            self.redis
                .ask::<Vec<String>>(&format!("LRANGE work:rpc:{mark} 0 -1"))
        };
        assert!(
            until(|| !replies().is_empty()).await,
            "{mark} is not answered"
        );
        assert!(
            replies()[0].starts_with(r#"{"return_value":"#),
            "{:?}",
            replies()
        );
    }

    /// Ends the servers in peace.
    pub async fn end(mut self) -> (RedisServer, RedisServer) {
        let (faults, longest) = (self.faults, self.longest);
        println!("{faults} faults; calls were answered again within {longest:?} at most");
        let kept = || self.redis.ask::<Vec<String>>("KEYS redisrpc:{work}:run:*");
        assert!(until(|| kept().is_empty()).await, "{:?}", kept());
        for server in &self.servers {
            server.signal("TERM");
        }
        for server in self.servers.drain(..) {
            let ended = block_in_place(|| server.ends());
            assert_eq!(ended.code, Some(0), "{ended:?}");
        }
        (self.redis, self.counts)
    }
}

const NAMES: [&str; 7] = [
    "kill -9 of a server",
    "TERM of a server",
    "CLIENT KILL TYPE normal",
    "CLIENT PAUSE",
    "kill -9 and restart of Redis",
    "maxmemory reached",
    "kill -9 of half of the servers and of Redis",
];
