//! What callers of the servers in processes were told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use redisrpc::{CallError, Error};
use redisrpc_test_support::{PATIENCE, RedisServer};

use super::{TIMEOUT, faults::Random};
use crate::recovery::worker::WorkClient;

/// What a caller was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Answer,
    NotRun,
    MayHaveRun,
    /// It gave up, or does not ask.
    Unknown,
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    Once,
    Idempotent,
    Oneway,
    Hasty,
    Dropped,
}

#[derive(Debug, Clone, Default)]
pub struct Book(Arc<Pages>);

#[derive(Debug, Default)]
struct Pages {
    next: AtomicU64,
    answered: AtomicUsize,
    told: Mutex<Vec<(u64, Made, Told)>>,
}

fn mark(call: u64) -> String {
    format!("s{call}")
}

impl Book {
    pub fn told(&self) -> usize {
        self.0.told.lock().unwrap().len()
    }

    pub fn answered(&self) -> usize {
        self.0.answered.load(Ordering::SeqCst)
    }

    /// Makes a call of some kind, and writes down what came of it.
    pub async fn call(&self, client: &WorkClient, random: &mut Random) {
        let call = self.0.next.fetch_add(1, Ordering::SeqCst);
        let nap = || client.nap(mark(call), 1 + call % 50);
        let (made, told) = match random.below(8) {
            0 => {
                let sent = nap().oneway().await;
                // Where it was not sent, it did not run.
                let told = match sent {
                    Err(error) if !error.may_have_run() => Told::NotRun,
                    _ => Told::Unknown,
                };
                (Made::Oneway, told)
            }
            1 => {
                let hasty = Duration::from_millis(1 + random.below(20));
                (Made::Hasty, in_time(nap().timeout(hasty), hasty).await)
            }
            2 => {
                let dropped = Duration::from_millis(random.below(20));
                let given_up = tokio::time::timeout(dropped, nap().timeout(TIMEOUT)).await;
                let told = given_up.map_or(Told::Unknown, told);
                (Made::Dropped, told)
            }
            3..=5 => {
                let quick = client.quick(mark(call)).timeout(TIMEOUT);
                (Made::Idempotent, in_time(quick, TIMEOUT).await)
            }
            _ => (Made::Once, in_time(nap().timeout(TIMEOUT), TIMEOUT).await),
        };
        if told == Told::Answer {
            self.0.answered.fetch_add(1, Ordering::SeqCst);
        }
        self.0.told.lock().unwrap().push((call, made, told));
    }

    /// Holds what callers were told against what ran; a summary.
    pub fn check(&self, counts: &RedisServer) -> String {
        let mut outcomes = BTreeMap::<_, usize>::new();
        let mut wrong = Vec::new();
        for &(call, made, told) in self.0.told.lock().unwrap().iter() {
            let ran: Option<u64> = counts.ask(&format!("GET {}", mark(call)));
            let ran = ran.unwrap_or(0);
            let most = if made == Made::Idempotent { 3 } else { 1 };
            let right = match told {
                Told::Answer => (1..=most).contains(&ran),
                Told::NotRun => ran == 0,
                Told::MayHaveRun | Told::Unknown => ran <= most,
            };
            if !right {
                wrong.push((call, made, told, ran));
            }
            *outcomes.entry((made, told)).or_default() += 1;
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        format!("calls and outcomes: {outcomes:#?}")
    }
}

/// The outcome of a call that ends by itself, soon after its time at the latest.
async fn in_time<F>(call: F, timeout: Duration) -> Told
where
    F: IntoFuture<Output = Result<u64, CallError>>,
{
    let ended = tokio::time::timeout(timeout + PATIENCE, call).await;
    told(ended.expect("a call ends by its deadline"))
}

fn told(outcome: Result<u64, CallError>) -> Told {
    match outcome {
        Ok(_) => Told::Answer,
        Err(CallError::Rpc(Error::Decode(error))) => panic!("{error}"),
        Err(error) if error.may_have_run() => Told::MayHaveRun,
        Err(_) => Told::NotRun,
    }
}
