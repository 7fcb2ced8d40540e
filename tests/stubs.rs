//! Clients for other languages: checked as people check them, and run.

use std::{
    collections::HashMap,
    fs, future,
    path::{Path, PathBuf},
    sync::Mutex,
};

use redisrpc::{
    Broker, Server,
    contract::{Contract, stub},
};
use redisrpc_test_support::RedisServer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::process::{command, finished, python};

#[derive(Default)]
struct Workshop {
    log: Mutex<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("no: {reason}")]
struct Refusal {
    reason: String,
}

/// Has "quotes", \ and */ in its documentation, and a """.
#[redisrpc::service]
impl Workshop {
    /// Ends in "quotes"
    pub async fn add(&self, a: f64, b: f64) -> f64 {
        a + b
    }

    pub async fn div(&self, a: i64, #[rpc(default = 1)] by: i64) -> Result<i64, Refusal> {
        let reason = format!("{a}/{by}");
        a.checked_div(by).ok_or(Refusal { reason })
    }

    #[rpc(name = "joinAll")]
    pub async fn join_all(&self, between: &str, #[rpc(rest)] words: &[String]) -> String {
        words.join(between)
    }

    pub async fn swap(&self, pair: (u8, String)) -> (String, u8) {
        (pair.1, pair.0)
    }

    pub async fn count(&self, words: Vec<String>, at_most: Option<u64>) -> HashMap<String, u64> {
        let mut counts = HashMap::new();
        for word in words {
            let count: &mut u64 = counts.entry(word).or_default();
            *count = at_most.unwrap_or(u64::MAX).min(*count + 1);
        }
        counts.retain(|word, _| at_most.is_none() || word == "x");
        counts
    }

    #[rpc(named)]
    pub async fn paper(&self, #[rpc(default = 2)] width: u32, height: u32) -> u32 {
        width * height
    }

    pub async fn lambda(&self, from: bool, class: char) -> Value {
        json!([from, class])
    }

    pub async fn list(&self) {}

    #[rpc(oneway)]
    pub async fn log(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }

    pub async fn logged(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    #[rpc(timeout = "1s")]
    pub async fn stay(&self) {
        future::pending().await
    }
}

/// A folder with what a client and its driver need.
struct Bench {
    folder: PathBuf,
    redis: RedisServer,
}

impl Bench {
    async fn new(name: &str, client: (&str, String), drivers: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(client.0), client.1).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stubs");
        for driver in drivers {
            fs::copy(here.join(driver), folder.join(driver)).unwrap();
        }
        let redis = RedisServer::start();
        let broker = Broker::connect(&redis.url()).await.unwrap();
        let server = Server::new(&broker, "workshop", Workshop::default());
        tokio::spawn(server.run());
        Self { folder, redis }
    }

    /// Runs a program there, which must be content.
    async fn content(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = command(program);
        command.args(arguments).current_dir(&self.folder);
        command.env("REDIS_URL", self.redis.url());
        let run = move || finished(&mut command);
        let ended = tokio::task::spawn_blocking(run).await.unwrap();
        assert_eq!(ended.code, Some(0), "{program}: {}{}", ended.out, ended.err);
        ended.out
    }
}

fn workshop() -> Contract {
    Contract::from(WorkshopClient::DESCRIPTOR)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_python_passes_mypy_and_calls_a_server() {
    let client = ("workshop.py", stub::python(&workshop()));
    let bench = Bench::new("stub_python", client, &["driver.py", "main.py"]).await;
    let strict = [
        "--strict",
        "--python-version=3.9",
        "workshop.py",
        "driver.py",
    ];
    bench.content("mypy", &strict).await;
    let told = bench.content(python(), &["-B", "main.py"]).await;
    assert_eq!(told, include_str!("stubs/driver.py.out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_in_typescript_passes_tsc_and_calls_a_server() {
    let client = ("workshop.ts", stub::typescript(&workshop()));
    let drivers = ["driver.ts", "main.mjs"];
    let bench = Bench::new("stub_typescript", client, &drivers).await;
    let strict = [
        "--strict",
        "--noUnusedLocals",
        "--noUnusedParameters",
        "--noImplicitReturns",
    ];
    let modern = [
        "--target",
        "es2022",
        "--module",
        "es2022",
        "--moduleResolution",
        "node",
    ];
    let all = [&strict[..], &modern, &["driver.ts"]].concat();
    bench.content("tsc", &all).await;
    fs::write(bench.folder.join("package.json"), r#"{"type": "module"}"#).unwrap();
    let told = bench.content("node", &["main.mjs"]).await;
    assert_eq!(told, include_str!("stubs/driver.ts.out"));
}
