//! What each call did and what its caller was told, held against each other.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redisrpc_test_support::PATIENCE;
use tokio::sync::watch;

/// How much later than its deadline a call may end on a machine that is busy.
const BOUND: Duration = PATIENCE;

/// A service that counts the runs of each call, and its callers' book.
#[derive(Debug, Clone, Default)]
pub struct Counted(Arc<Ledger>);

#[redisrpc::service]
impl Counted {
    /// Returns as many letters, once the gate is open if it is to wait for that.
    pub async fn run(&self, call: u64, gated: bool, letters: usize, text: String) -> String {
        drop(text);
        *self.0.runs().entry(call).or_default() += 1;
        if gated {
            let mut open = self.0.gate.subscribe();
            open.wait_for(|open| *open).await.expect("a gate");
        }
        "x".repeat(letters)
    }
}

#[derive(Debug, Default)]
struct Ledger {
    runs: Mutex<HashMap<u64, usize>>,
    told: Mutex<HashMap<u64, Told>>,
    calls: AtomicU64,
    gate: watch::Sender<bool>,
}

impl Ledger {
    fn runs(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.runs.lock().unwrap()
    }

    fn told(&self) -> MutexGuard<'_, HashMap<u64, Told>> {
        self.told.lock().unwrap()
    }
}

/// What a caller was told.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Answer,
    /// An error, of a call that certainly did not run.
    NotRun(String),
    /// An error, of a call that may have run.
    MayHaveRun(String),
    /// Nothing, long after its deadline.
    Nothing,
}

/// What calls to make.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub gated: bool,
    /// The length of the request.
    pub request: usize,
    /// The length of the reply.
    pub reply: usize,
    pub timeout: Duration,
}

impl Kind {
    pub const SMALL: Self = Self {
        gated: false,
        request: 1,
        reply: 1,
        timeout: Duration::from_secs(3),
    };
}

impl Counted {
    /// The number of a call to make.
    pub fn next(&self) -> u64 {
        self.0.calls.fetch_add(1, Ordering::SeqCst)
    }

    /// Makes a call and writes down what came of it; whether it was answered.
    pub async fn call(&self, client: &CountedClient, call: u64, kind: Kind) -> bool {
        let text = "x".repeat(kind.request);
        let made = client
            .run(call, kind.gated, kind.reply, text)
            .timeout(kind.timeout);
        let told = match tokio::time::timeout(kind.timeout + BOUND, made).await {
            Ok(Ok(letters)) if letters.len() == kind.reply => Told::Answer,
            Ok(Ok(letters)) => panic!("{} letters of {}", letters.len(), kind.reply),
            Ok(Err(error)) if error.may_have_run() => Told::MayHaveRun(error.to_string()),
            Ok(Err(error)) => Told::NotRun(error.to_string()),
            Err(_) => Told::Nothing,
        };
        let answered = told == Told::Answer;
        self.0.told().insert(call, told);
        answered
    }

    /// Whether a call has begun to run, or has ended without.
    pub fn has_begun(&self, call: u64) -> bool {
        self.0.runs().contains_key(&call) || self.0.told().contains_key(&call)
    }

    /// Lets gated calls end, or has them wait.
    pub fn open(&self, open: bool) {
        self.0.gate.send_replace(open);
    }

    /// How many callers have been told.
    pub fn told(&self) -> usize {
        self.0.told().len()
    }

    /// What those were told who were not answered.
    pub fn failures(&self) -> Vec<String> {
        let told = self.0.told();
        let failures = told.values().filter(|&told| *told != Told::Answer);
        failures.map(|told| format!("{told:?}")).collect()
    }

    /// How many have been answered.
    pub fn answered(&self) -> usize {
        let told = self.0.told();
        told.values().filter(|&told| *told == Told::Answer).count()
    }

    /// Holds what callers were told against what ran: to be asked when nothing runs
    /// any more.
    ///
    /// # Errors
    ///
    /// Names the calls about which their callers were told something false or
    /// nothing, and those that ran twice.
    pub fn check(&self) -> Result<(), String> {
        let runs = self.0.runs();
        let twice = runs.iter().filter(|(_, runs)| **runs > 1);
        let twice = twice.map(|(call, runs)| format!("call {call} ran {runs} times"));
        let twice: Vec<_> = twice.collect();
        drop(runs);
        match twice.is_empty() {
            true => self.check_told(),
            false => Err(twice.join("; ")),
        }
    }

    /// [`check`](Self::check), but for calls that ran twice.
    ///
    /// # Errors
    ///
    /// Names the calls about which their callers were told something false or
    /// nothing.
    pub fn check_told(&self) -> Result<(), String> {
        let (runs, told) = (self.0.runs(), self.0.told());
        let mut wrong = Vec::new();
        for (call, told) in told.iter() {
            let ran = runs.contains_key(call);
            let honest = match told {
                Told::Answer => ran,
                Told::NotRun(_) => !ran,
                Told::MayHaveRun(_) => true,
                Told::Nothing => false,
            };
            if !honest {
                wrong.push(format!("of call {call} (ran: {ran}): {told:?}"));
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("; ")),
        }
    }
}
