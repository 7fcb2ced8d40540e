//! Half of the servers are killed and the other half told to end, under load.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use redisrpc_test_support::{RedisServer, until};
use tokio::task::JoinSet;

use super::{
    LONG, interrupted, kept,
    worker::{WorkClient, worker_with},
};
use crate::{fixture::redis, process::Process};

/// Servers at a time.
const FLEET: usize = 4;

/// Two, so that no call can meet its third server's death.
const ROUNDS: u64 = 2;

/// How many call at a time, each one call after the other.
const CALLERS: usize = 32;

/// Long enough that a busy machine kills nobody.
const RECOVERY: Duration = Duration::from_secs(6);

/// What a caller was told.
#[derive(Debug, Clone)]
struct Told {
    mark: String,
    idempotent: bool,
    /// Which run of the call answered it; none if it was interrupted.
    answer: Option<u64>,
}

/// Callers that call until they are told to end.
struct Callers {
    told: Arc<Mutex<Vec<Told>>>,
    end: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Callers {
    fn start(client: &WorkClient) -> Self {
        let mut callers = Self {
            told: Arc::default(),
            end: Arc::default(),
            tasks: JoinSet::new(),
        };
        let next = Arc::new(AtomicU64::new(0));
        for _ in 0..CALLERS {
            let (client, next) = (client.clone(), Arc::clone(&next));
            let (told, end) = (Arc::clone(&callers.told), Arc::clone(&callers.end));
            callers.tasks.spawn(async move {
                while !end.load(Ordering::SeqCst) {
                    let outcome = call(&client, next.fetch_add(1, Ordering::SeqCst)).await;
                    told.lock().unwrap().push(outcome);
                }
            });
        }
        callers
    }

    fn answered(&self) -> usize {
        let told = self.told.lock().unwrap();
        told.iter().filter(|told| told.answer.is_some()).count()
    }

    async fn flow(&self) {
        let before = self.answered();
        let flow = until(|| self.answered() > before + 4 * CALLERS).await;
        assert!(flow, "calls are not answered");
    }

    async fn end(mut self) -> Vec<Told> {
        self.end.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.told.lock().unwrap().clone()
    }
}

/// Makes a call; every second one may run twice.
async fn call(client: &WorkClient, number: u64) -> Told {
    let (mark, idempotent) = (format!("f{number}"), number.is_multiple_of(2));
    let nap = client.nap(mark.clone(), 20 + number % 40);
    let outcome = nap.idempotent(idempotent).timeout(LONG).await;
    let answer = match outcome {
        Ok(run) => Some(run),
        error if idempotent => panic!("{mark}: {error:?}"),
        error => {
            interrupted(error);
            None
        }
    };
    Told {
        mark,
        idempotent,
        answer,
    }
}

fn fleet(redis: &RedisServer) -> Vec<Process> {
    let fleet = (0..FLEET).map(|_| worker_with(redis, "reported", RECOVERY));
    fleet.collect()
}

/// Kills every second server and tells the others to end; these do so in peace.
async fn end(fleet: Vec<Process>, kills: bool) {
    for (number, server) in fleet.iter().enumerate() {
        let kill = kills && number.is_multiple_of(2);
        server.signal(if kill { "KILL" } else { "TERM" });
    }
    let ends = move || fleet.into_iter().map(Process::ends).collect::<Vec<_>>();
    let ended = tokio::task::spawn_blocking(ends).await.unwrap();
    let peaceful = ended.iter().filter(|ended| ended.code == Some(0)).count();
    assert_eq!(peaceful, if kills { FLEET / 2 } else { FLEET }, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_the_servers_are_killed_and_half_end_and_no_call_runs_twice_that_may_not() {
    let (redis, broker) = redis().await;
    let callers = Callers::start(&WorkClient::new(&broker, "work"));
    let mut serving = fleet(&redis);
    for _ in 0..ROUNDS {
        callers.flow().await;
        end(serving, true).await;
        serving = fleet(&redis);
        callers.flow().await;
    }
    let told = callers.end().await;
    let nothing = until(|| kept(&redis).is_empty()).await;
    assert!(nothing, "{:?}", kept(&redis));
    check(&redis, &told);
    end(serving, false).await;
    assert_eq!(redis.kept_by_servers(), [""; 0]);
    assert_eq!(redis.ask::<usize>("EXISTS work"), 0);
}

/// Holds what callers were told against what ran.
fn check(redis: &RedisServer, told: &[Told]) {
    let runs = |told: &Told| redis.ask::<Option<u64>>(&format!("GET {}", told.mark));
    let (mut interrupted, mut again) = (0, 0);
    for told in told {
        let ran = runs(told).unwrap_or(0);
        match told.answer {
            // It was taken, and its server may have died before it began.
            None => assert!(ran <= 1, "{told:?} ran {ran} times"),
            Some(run) => {
                assert_eq!(ran, run, "{told:?}: it ran again after its answer");
                let most = if told.idempotent { 1 + ROUNDS } else { 1 };
                assert!(ran <= most, "{told:?} ran {ran} times");
            }
        }
        interrupted += usize::from(told.answer.is_none());
        again += usize::from(ran > 1);
    }
    assert!(interrupted > 0, "of {} calls", told.len());
    assert!(again > 0, "of {} calls", told.len());
}
